/**
 * Makes the labelled set: `node examples/threat-watch/detect/labelled/make.ts`. The same files every time; a test compares them with what is here.
 *
 * Everything in it is invented. How domains are misspelt follows what attackers are known to do, and knows nothing of the detectors: some of it they cannot find, and some of the
 * honest names they take for fakes.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Candidate, Knowledge, ThreatKind } from '../../types.ts'
import { seeded } from '../seeded.ts'
import { appsOf, knowledgeOf } from './apps.ts'
import { labelledBrands } from './brands.ts'
import { domainsOf } from './domains.ts'
import { textsOf } from './messages.ts'

export interface Labelled {
  readonly candidate: Candidate
  /** What it is. Empty for what is no threat. */
  readonly threats: readonly { readonly client: string; readonly kind: ThreatKind }[]
  /** How it came to be here, such as `swapped`. */
  readonly made: string
}

export interface LabelledSet {
  readonly clients: readonly Knowledge[]
  readonly labelled: readonly Labelled[]
}

export function labelledSet(): LabelledSet {
  const random = seeded(39)
  const clients = labelledBrands.map((brand) => knowledgeOf(brand, random))
  const labelled = labelledBrands.flatMap((brand, index) => [
    ...domainsOf(brand, random),
    ...appsOf(brand, clients[index]!, random),
    ...textsOf(brand, random),
  ])
  return { clients, labelled }
}

/** The files by name. */
export function files(): Readonly<Record<string, string>> {
  const { clients, labelled } = labelledSet()
  const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  return { 'clients.ndjson': lines(clients), 'candidates.ndjson': lines(labelled) }
}

if (import.meta.main)
  for (const [name, content] of Object.entries(files())) writeFileSync(join(import.meta.dirname, name), content)
