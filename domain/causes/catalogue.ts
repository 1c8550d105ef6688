import { z } from 'zod';
import { type CauseCode, causeCodes } from './codes.ts';

export const causeCodeSchema = z.enum(causeCodes as [CauseCode, ...CauseCode[]]);
