/**
 * The style that a machine can judge, as a test: `npm run tidy`, or `npm run tidy -- src/journal` for one folder.
 *
 * The tables come first, because they are what a change to the house edits. tidy.test.ts shows for every rule a
 * sample that it flags and one that it lets pass.
 */
import { globSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { determinism } from './tidy/determinism.ts'
import type { Exception } from './tidy/determinism.ts'
import { dead, direction, entriesOf, exportsByName, packages } from './tidy/imports.ts'
import { codedErrors, fileNames, lengths } from './tidy/shape.ts'
import { skips } from './tidy/skips.ts'
import { parse } from './tidy/source.ts'
import type { Finding, Rule, Tree } from './tidy/source.ts'
import { machinePaths, reasons, synonyms, todos } from './tidy/words.ts'

const ground = ['errors', 'internal']
const facts = [...ground, 'event']
const belowStop = [...facts, 'schema', 'resilience']
const belowRuntime = [...belowStop, 'telemetry', 'stop', 'itinerary']
const belowAdmin = [...belowRuntime, 'runtime', 'bus', 'store', 'journal']

/** For each area of src the areas that it may know beside itself. `x/*` is any adapter of port x; `**` is all. */
const mayKnow: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  internal: ['errors'],
  event: ground,
  itinerary: [...belowStop, 'stop'],
  schema: facts,
  'schema/*': [...facts, 'schema'],
  resilience: facts,
  stop: [...belowStop, 'telemetry'],
  telemetry: facts,
  bus: facts,
  'bus/*': [...facts, 'bus'],
  'bus/embedded': [...facts, 'bus', 'journal'],
  store: facts,
  'store/*': [...facts, 'store'],
  'store/embedded': [...facts, 'store', 'journal'],
  journal: facts,
  'metro-map': belowRuntime,
  runtime: [...belowRuntime, 'bus', 'store', 'store/memory'],
  streams: [...belowRuntime, 'store'],
  connect: [...belowRuntime, 'store'],
  'connect/*': [...belowRuntime, 'store', 'connect'],
  admin: belowAdmin,
  testing: [...belowAdmin, 'streams', 'connect', 'bus/*', 'store/*', 'schema/*', 'connect/*'],
  cli: ['**'],
  'index.ts': [...belowAdmin, 'streams', 'connect', 'bus/*', 'store/*', 'schema/*', 'connect/*'],
}

/** For each area those that it loads only when they are needed, by `import()`: whoever embeds an app without a socket loads none of it. */
const mayLoad: Readonly<Record<string, readonly string[]>> = {
  runtime: ['admin'],
}

/** For each npm package the areas that may import it: none that `import 'metrobus'` reaches. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  '@hono/node-server': ['admin', 'telemetry'],
  '@opentelemetry/api': ['telemetry'],
  '@platformatic/kafka': ['bus/kafka'],
  'cli-progress': ['cli'],
  'cli-table3': ['cli'],
  commander: ['cli'],
  'csv-parse': ['cli', 'connect/*'],
  hono: ['admin'],
  jose: ['admin'],
  'prom-client': ['telemetry'],
}

/** Where time, randomness, timers, disk and network may be called by their own names. */
const outsideTheSimulator: readonly Exception[] = [
  { path: 'src/internal/platform/', because: 'it is the boundary' },
  { path: 'src/testing/kit/virtual-time.ts', because: 'it puts virtual ones in the place of the real ones' },
  { path: 'src/cli/', because: 'the command composes the program from the real parts' },
]

const limits = {
  fileLinesMax: 400,
  testFileLinesMax: 1000,
  functionLinesMax: 70,
  indexLinesMax: 99,
}

/** One word per thing: the glossary is in ARCHITECTURE.md, and here is what is not to be said instead. */
const glossary = [
  { word: /\bdead[- ]letter queue\b/gi, instead: 'dead letters' },
  { word: /\bDLQ\b/g, instead: 'dead letters' },
  { word: /\bpoison pill\b/gi, instead: 'the event that kills the process' },
]

export const rules: readonly Rule[] = [
  direction(mayKnow, mayLoad),
  packages(mayImport),
  determinism(outsideTheSimulator),
  codedErrors,
  exportsByName,
  dead,
  lengths(limits),
  fileNames,
  todos,
  reasons,
  skips,
  synonyms(glossary),
  machinePaths,
]

export const tidy = (tree: Tree): readonly (Finding & { readonly rule: string })[] =>
  rules.flatMap((rule) => [...rule.check(tree)].map((finding) => ({ rule: rule.name, ...finding })))

export function readTree(root: string): Tree {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const paths = globSync('{src,test,tools,examples,benchmarks}/**/*.ts', { cwd: root })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => !path.includes('/node_modules/') && !path.startsWith('test/types/cases/'))
  return {
    sources: paths.toSorted().map((path) => parse(path, readFileSync(join(root, path), 'utf8'))),
    entries: entriesOf(manifest),
    version: manifest.version,
    ci: process.env['CI'] === 'true',
  }
}

export const print = ({ rule, path, line, message }: Finding & { readonly rule: string }): string =>
  `${path}:${line} ${message} (${rule})`

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  const wanted = process.argv.slice(2).map((path) => relative(root, path).split(sep).join('/'))
  const findings = tidy(readTree(root)).filter(
    ({ path }) => wanted.length === 0 || wanted.some((start) => path.startsWith(start)),
  )
  for (const finding of findings) console.log(print(finding))
  if (findings.length > 0) process.exitCode = 1
}
