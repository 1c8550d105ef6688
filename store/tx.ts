/** A row as the database gave it: names in snake case, times as RFC 3339 text, bigint as number, NULL as null. */
export type Row = Readonly<Record<string, unknown>>;

/** What is added to a chain or to the event stream at the end of the transaction, by the kind of what is added. */
export type Closing = {
  readonly kind: 'ledger' | 'audit' | 'event';
  readonly entry: Row;
};

/**
 * An open transaction of one tenant. Repositories take it as their first argument; whoever opened it with `inTenant`
 * decides what belongs together.
 */
export type Tx = {
  readonly tenant: string;
  /**
   * Runs one statement with `$1`-style parameters. Rejects with an `UnderstudyError`. Statements are carried out in the
   * order of the calls; those that need not wait for each other's answers may be sent together (`Promise.all`).
   */
  readonly query: (sql: string, params?: readonly unknown[]) => Promise<readonly Row[]>;
  /**
   * Keeps an entry until just before the commit. Numbers and hash chains are handed out there, under a lock that is held
   * for as short a time as possible and always taken in the same order, so that two transactions never wait for each
   * other. What was added this way cannot be read before the commit.
   */
  readonly atEnd: (closing: Closing) => void;
};
