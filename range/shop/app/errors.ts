/** The caller asked for something that cannot be had; `status` is a 4xx. */
export class RequestError extends Error {
  override name = 'RequestError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Another service could not be reached, took too long, or failed. */
export class UpstreamError extends Error {
  override name = 'UpstreamError';
  readonly destination: string;
  /** A status, or the system's word: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT` … */
  readonly code: string;

  constructor(destination: string, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.destination = destination;
    this.code = code;
  }
}
