import { errorCodeOf, messageOf } from '#domain/errors.ts';
import { askAndDecide, type Question } from './question.ts';

/** A question that stands on the screen while events go on coming in. */
export type OpenQuestion = {
  readonly gateId: string;
  /** Answered here, withdrawn, or given up. Rejects only with what nobody expected. */
  readonly answered: Promise<'answered'>;
  /** Takes it off the screen: it was decided elsewhere, or nobody needs the answer any more. */
  withdraw(): void;
};

export function openQuestion(question: Question, onGivenUp: () => void): OpenQuestion {
  const controller = new AbortController();
  const signal = AbortSignal.any([question.signal, controller.signal]);
  return {
    gateId: question.gate.gateId,
    answered: settle({ ...question, signal }, controller.signal, onGivenUp),
    withdraw: () => controller.abort(),
  };
}

async function settle(
  question: Question,
  withdrawn: AbortSignal,
  onGivenUp: () => void,
): Promise<'answered'> {
  try {
    if (!(await askAndDecide(question))) onGivenUp();
  } catch (error) {
    if (question.signal.aborted && !withdrawn.aborted) throw error;
    const code = errorCodeOf(error);
    const expected = code === 'conflict' || code === 'forbidden';
    if (!withdrawn.aborted && !expected) throw error;
    if (expected) {
      question.terminal.complain(messageOf(error));
      if (!withdrawn.aborted) onGivenUp();
    }
  }
  return 'answered';
}
