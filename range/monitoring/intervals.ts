/** How often it is looked and how long a state must last, in seconds. Short, because practice must not wait. */
export type Intervals = {
  scrapeSeconds: number;
  evaluationSeconds: number;
  /** What rates are taken over. */
  windowSeconds: number;
  /** How long the plain cases must last before they are told. */
  brieflySeconds: number;
  /** How long the cases must last that a rollout or a restart causes in passing. */
  steadilySeconds: number;
  groupWaitSeconds: number;
  groupIntervalSeconds: number;
  repeatSeconds: number;
};

export const practiceIntervals: Intervals = {
  scrapeSeconds: 3,
  evaluationSeconds: 2,
  windowSeconds: 15,
  brieflySeconds: 5,
  steadilySeconds: 10,
  groupWaitSeconds: 1,
  groupIntervalSeconds: 5,
  repeatSeconds: 60,
};
