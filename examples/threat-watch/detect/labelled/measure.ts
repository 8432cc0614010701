/** How often the detectors are right about the labelled set, with the candidates about which they are wrong: `node examples/threat-watch/detect/labelled/measure.ts`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Candidate, Knowledge, ThreatKind } from '../../types.ts'
import { detectors } from '../detectors.ts'
import type { Labelled, LabelledSet } from './make.ts'

export interface Quality {
  /** Of those that were called threats, the share that are. */
  readonly precision: number
  /** Of those that are threats, the share that were called so. */
  readonly recall: number
  readonly threats: number
}

/** Counted over all pairs of a candidate and a client. `total` asks whether any detector raised an alert. */
export interface Measured {
  readonly detectors: Readonly<Record<ThreatKind, Quality>>
  readonly total: Quality
  readonly mistakes: readonly { readonly mistake: string; readonly made: string; readonly name: string }[]
}

/** As it is shipped. */
export function readLabelledSet(): LabelledSet {
  const rows = (name: string): readonly unknown[] =>
    readFileSync(join(import.meta.dirname, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  return {
    clients: rows('clients.ndjson').map((row) => Knowledge.parse(row)),
    labelled: (rows('candidates.ndjson') as readonly Labelled[]).map((row) => ({
      ...row,
      candidate: Candidate.parse(row.candidate),
    })),
  }
}

class Tally {
  #called = 0
  #rightlyCalled = 0
  #threats = 0
  #found = 0

  /** What is a threat of another kind is rightly called one: whoever reads the alert has not been disturbed for nothing. But it need not be found by this detector. */
  add(isOfKind: boolean, isAnyThreat: boolean, isCalledSo: boolean): void {
    if (isCalledSo) this.#called++
    if (isCalledSo && isAnyThreat) this.#rightlyCalled++
    if (isOfKind) this.#threats++
    if (isOfKind && isCalledSo) this.#found++
  }

  quality(): Quality {
    const share = (part: number, whole: number): number => Math.round((part / Math.max(1, whole)) * 1000) / 1000
    return {
      precision: share(this.#rightlyCalled, this.#called),
      recall: share(this.#found, this.#threats),
      threats: this.#threats,
    }
  }
}

export function measure({ clients, labelled }: LabelledSet): Measured {
  const tallies = { 'fake-app': new Tally(), 'fake-domain': new Tally(), keyword: new Tally() }
  const total = new Tally()
  const mistakes: { mistake: string; made: string; name: string }[] = []
  for (const { candidate, threats, made } of labelled)
    for (const knowledge of clients) {
      const ofClient = threats.filter(({ client }) => client === knowledge.client.domain)
      let isAlerted = false
      for (const kind of ThreatKind.options) {
        const isCalledSo = detectors[kind](candidate, knowledge).threat
        isAlerted ||= isCalledSo
        const isOfKind = ofClient.some((threat) => threat.kind === kind)
        tallies[kind].add(isOfKind, ofClient.length > 0, isCalledSo)
        if (isCalledSo ? ofClient.length > 0 : !isOfKind) continue
        mistakes.push({ mistake: `${kind} ${isOfKind ? 'missed' : 'by mistake'}`, made, name: nameOf(candidate) })
      }
      total.add(ofClient.length > 0, ofClient.length > 0, isAlerted)
    }
  const detector = (kind: ThreatKind): Quality => tallies[kind].quality()
  return {
    detectors: {
      'fake-app': detector('fake-app'),
      'fake-domain': detector('fake-domain'),
      keyword: detector('keyword'),
    },
    total: total.quality(),
    mistakes,
  }
}

function nameOf(candidate: Candidate): string {
  if (candidate.kind === 'app') return candidate.name
  return candidate.kind === 'feed' ? candidate.text : candidate.host
}

if (import.meta.main) {
  const { detectors, total, mistakes } = measure(readLabelledSet())
  for (const { mistake, made, name } of mistakes) console.log(`${mistake}: ${made}: ${name}`)
  console.table({ ...detectors, total })
}
