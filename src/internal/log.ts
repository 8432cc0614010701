/** Where log lines go: the shape of pino, so that the user's own logger can be given. Never called once an event. */
export interface Log {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** Swallows everything; for tests and for embedding. */
export const silentLog: Log = Object.freeze({ info: () => {}, warn: () => {}, error: () => {} })
