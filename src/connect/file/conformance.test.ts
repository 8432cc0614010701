/** Files, pipes and archives keep the promises of the ports. */
import { test } from 'node:test'
import { SeededRandom, SimDisk } from '../../testing/index.ts'
import { plannedSinkCases } from '../sink-conformance.ts'
import type { SinkFixture } from '../sink-conformance.ts'
import { plannedSourceCases } from '../source-conformance.ts'
import type { SourceFixture } from '../source-conformance.ts'
import { archiveFile } from './archive-file.ts'
import { fileSource } from './file-source.ts'
import { streamSource } from './stream-source.ts'

const ndjson = (data: readonly unknown[]): Uint8Array =>
  new TextEncoder().encode(data.map((one) => `${JSON.stringify(one)}\n`).join(''))

/** Of data that has the columns n and text. */
const csv = (data: readonly unknown[]): Uint8Array =>
  new TextEncoder().encode(['n,text', ...data.map((one) => Object.values(one as object).join()), ''].join('\n'))

const file = (name: string, encode: (data: readonly unknown[]) => Uint8Array) => async (): Promise<SourceFixture> => {
  const disk = new SimDisk({ log: false })
  await disk.mkdir('/in')
  return {
    async fill(data) {
      await (await disk.open(`/in/${name}`, { create: true })).close()
      disk.replace(`/in/${name}`, encode(data))
    },
    make: () => fileSource({ path: `/in/${name}`, disk, csv: { types: { n: 'number' } } }),
    missing: () => fileSource({ path: `/in/no-${name}`, disk }),
    end: () => Promise.resolve(),
  }
}

const pipe = async (): Promise<SourceFixture> => {
  let bytes: Uint8Array = new Uint8Array()
  let runs = 0
  return {
    async fill(data) {
      bytes = ndjson(data)
    },
    make: () => {
      const destroyed = new AbortController()
      const stream = {
        async *[Symbol.asyncIterator]() {
          for (let at = 0; at < bytes.length && !destroyed.signal.aborted; at += 65_536)
            yield bytes.subarray(at, at + 65_536)
        },
        destroy: () => destroyed.abort(),
      }
      return streamSource({ stream, newId: () => `run-${++runs}` })
    },
    end: () => Promise.resolve(),
  }
}

for (const [kind, name, encode] of [
  ['NDJSON', 'events.ndjson', ndjson],
  ['CSV', 'events.csv', csv],
] as const)
  for (const { name: promise, run } of plannedSourceCases({
    abilities: { resumes: true, canBeMissing: true },
    fixture: file(name, encode),
    leftOut: {},
  }))
    test(`a file of ${kind}: ${promise}`, run)

const unread = 'a pipe cannot be read twice'
for (const { name: promise, run } of plannedSourceCases({
  abilities: { resumes: false, canBeMissing: false },
  fixture: pipe,
  leftOut: {
    'an input that is not there is unreadable': 'a pipe is handed over',
    'the same input is the same events': unread,
    'a reading goes on exactly behind a committed position': unread,
    'another run has ids of its own, from the first event on': unread,
    'brought in by an app that ends at every batch, each event comes in once': unread,
  },
}))
  test(`a pipe: ${promise}`, run)

const archive = async (): Promise<SinkFixture> => {
  const path = '/archive/rides.ndjson'
  let disk = new SimDisk({ log: false })
  return {
    make: () => archiveFile({ path, disk, random: new SeededRandom(1) }),
    async contents() {
      const lines = new TextDecoder().decode(disk.contents(path)).split('\n').slice(0, -1)
      return new Map(
        lines
          .map((line) => JSON.parse(line) as { readonly ride: string; readonly data: unknown })
          .map(({ ride, data }) => [ride, data]),
      )
    },
    async crash() {
      disk = disk.powerCut({ log: false })
    },
    end: () => Promise.resolve(),
  }
}

for (const { name: promise, run } of plannedSinkCases({
  abilities: { canCrash: true },
  fixture: archive,
  leftOut: {},
}))
  test(`an archive: ${promise}`, run)
