/**
 * From an account to its address. Most accounts are reference data: read from a file at the start, and again when it has changed (`refresh`).
 * Accounts that were opened since are asked for one by one, through a cache.
 */
import { readFileSync } from 'node:fs'
import { ReadThroughCache } from './read-through-cache.ts'

/** Asks for one account; slow, and may fail. */
export type LookUp = (accountId: string, options: { readonly signal: AbortSignal }) => Promise<string | undefined>

export class Accounts {
  readonly #file: string
  readonly #cache: ReadThroughCache<string>
  #emails: ReadonlyMap<string, string>

  constructor(file: string, lookUp: LookUp, { cacheEntriesMax = 10_000 }: { readonly cacheEntriesMax?: number } = {}) {
    this.#file = file
    this.#cache = new ReadThroughCache(lookUp, { entriesMax: cacheEntriesMax })
    this.#emails = readEmails(file)
  }

  get(accountId: string, options: { readonly signal: AbortSignal }): string | undefined | Promise<string | undefined> {
    return this.#emails.get(accountId) ?? this.#cache.get(accountId, options)
  }

  /** Reads the reference data again. While that fails, the data before it serves. */
  refresh(): void {
    this.#emails = readEmails(this.#file)
    this.#cache.clear()
  }

  get statistics(): {
    readonly preloaded: number
    readonly cached: number
    readonly hits: number
    readonly misses: number
  } {
    const { size, hits, misses } = this.#cache
    return { preloaded: this.#emails.size, cached: size, hits, misses }
  }
}

/** Lines of `{"accountId":…,"email":…}`. */
export function readEmails(file: string): ReadonlyMap<string, string> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return new Map(
    lines.map((line) => {
      const { accountId, email } = JSON.parse(line) as { readonly accountId: string; readonly email: string }
      return [accountId, email]
    }),
  )
}
