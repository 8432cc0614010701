/** The program behind `npm start`, in processes of its own: run, run again, killed at any moment, fed through a pipe. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { readEmails } from '../../examples/contact-campaign/accounts.ts'
import { SeededRandom, chooseSeed } from '../../src/testing/index.ts'
import { folder, run, start, until } from './example-program.ts'
import type { Ended } from './example-program.ts'

const root = join(import.meta.dirname, '../..')
const example = join(root, 'examples/contact-campaign')
const main = 'examples/contact-campaign/main.ts'

const emails = new Map([
  ...readEmails(join(example, 'accounts.ndjson')),
  ...readEmails(join(example, 'new-accounts.ndjson')),
])
const allowed = new Set(readFileSync(join(example, 'white-list.txt'), 'utf8').trimEnd().split('\n'))

interface Person {
  readonly accountId: string
  readonly campaign: string
  readonly firstName: string
  readonly lastName: string
}

/** Whether the campaign writes to somebody, said again in other words than those of the app. */
const isMailed = ({ accountId, campaign }: Person): boolean =>
  emails.has(accountId) && (campaign === 'terms-update' || allowed.has(accountId))

const people = (count: number): Person[] =>
  Array.from({ length: count }, (_, n) => ({
    accountId: `a-${String((n * 7) % 900).padStart(4, '0')}`,
    campaign: n % 9 === 0 ? 'terms-update' : 'spring-sale',
    firstName: `first ${n}`,
    lastName: `last ${n}`,
  }))

const ndjsonOf = (list: readonly Person[]): string => list.map((person) => `${JSON.stringify(person)}\n`).join('')

const csvOf = (list: readonly Person[]): string =>
  ['accountId,campaign,firstName,lastName', ...list.map((person) => Object.values(person).join(','))].join('\n')

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 32)

const ridesIn = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly ride: string }).ride)

/** Lines that have ended; a file that is not there has none. */
const linesIn = (file: string): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0)

/** The rides that the archive must hold when all of `list` has ridden, from its line `first` on. */
const expectedRides = (list: readonly Person[], hash: string, { first = 1, suffix = '' } = {}): string[] =>
  list.flatMap((person, index) => (isMailed(person) ? [`${hash}:${index + first}${suffix}`] : []))

/** Complete, and nothing twice. */
function assertArchive(file: string, expected: readonly string[]): void {
  const rides = ridesIn(file)
  assert.equal(rides.length, new Set(rides).size, 'a ride is in the archive twice')
  assert.deepEqual(rides.toSorted(), expected.toSorted())
}

/** How many records each topic has had, as the command line tells from the files. */
async function recordsIn(t: TestContext, dir: string): Promise<ReadonlyMap<string, number>> {
  const { stdout, stderr } = await run(t, 'src/cli/main.ts', ['topics', '--json'], dir)
  assert.notEqual(stdout, '', stderr)
  const { topics } = JSON.parse(stdout) as { readonly topics: { readonly topic: string; readonly records: number }[] }
  return new Map(topics.map(({ topic, records }) => [topic, records]))
}

/** The journal's bytes as they are: the rows of its tables stand there as text. */
function journalOf(dir: string): string {
  const journal = join(dir, 'data')
  if (!existsSync(journal)) return ''
  const segments = readdirSync(journal).filter((name) => name.endsWith('.seg'))
  return segments.map((name) => readFileSync(join(journal, name), 'latin1')).join('')
}

/** A folder with an input in it. */
function given(
  t: TestContext,
  name: string,
  content: string,
): { readonly dir: string; readonly archive: string; campaign: (...args: string[]) => Promise<Ended> } {
  const dir = folder(t)
  writeFileSync(join(dir, name), content)
  return {
    dir,
    archive: join(dir, 'data/archive.ndjson'),
    campaign: (...args) => run(t, main, ['--input', name, ...args], dir),
  }
}

test('`npm start` is the program that is tested here', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Record<string, string>
  }

  assert.equal(scripts['start'], `node ${main}`)
})

test('lets an input ride once, says so when it is run again, and lets it ride again into an archive of its own when told to', async (t) => {
  const list = people(2_000)
  const { dir, archive, campaign } = given(t, 'in.ndjson', ndjsonOf(list))
  const hash = hashOf(ndjsonOf(list))

  const first = await campaign()
  const second = await campaign()
  const third = await campaign('--again')
  const fourth = await campaign()

  assert.deepEqual(
    [first, second, third, fourth].map(({ code, stderr }) => [code, stderr]),
    Array.from({ length: 4 }, () => [0, '']),
  )
  assert.match(second.stdout, /all 2000 lines rode already; --again starts over/)
  assert.match(fourth.stdout, /all 2000 lines rode already/)
  assertArchive(archive, expectedRides(list, hash))
  assertArchive(join(dir, 'data/archive.2.ndjson'), expectedRides(list, hash, { suffix: ':2' }))
})

test('an input in CSV rides like one in NDJSON', async (t) => {
  const list = people(1_000)
  const { archive, campaign } = given(t, 'in.csv', csvOf(list))

  const { code } = await campaign()

  assert.equal(code, 0)
  assertArchive(archive, expectedRides(list, hashOf(csvOf(list)), { first: 2 }))
})

test('killed with -9 at any moments and started again, the archive is complete and nothing is in it twice', async (t) => {
  const seed = chooseSeed()
  t.diagnostic(`METROBUS_SEED=${seed}`)
  const random = new SeededRandom(seed)
  const list = people(12_000)
  const { dir, archive, campaign } = given(t, 'in.ndjson', ndjsonOf(list))
  const expected = expectedRides(list, hashOf(ndjsonOf(list)))
  const sizeOf = (): number => (existsSync(archive) ? statSync(archive).size : 0)
  const wholeSize = expected.length * 200

  let kills = 0
  for (const share of [0, random.next() * 0.3, random.next() * 0.6, random.next() * 0.9]) {
    const { child, ended } = start(t, main, ['--input', 'in.ndjson'], dir)
    let isOver = false
    void ended.then(() => (isOver = true))
    await until('the archive to grow', () => isOver || sizeOf() >= wholeSize * share)
    // The beginning is a moment, too: the journal is made or opened there.
    if (share === 0) await until('the journal', () => isOver || existsSync(join(dir, 'data')))
    child.kill('SIGKILL')
    if ((await ended).signal === 'SIGKILL') kills++
  }
  const last = await campaign()

  assert.equal(last.code, 0, last.stderr)
  assert.ok(kills >= 2, `only ${kills} kills came before the end`)
  assertArchive(archive, expected)
  const records = await recordsIn(t, dir)
  assert.equal(records.get('contacts.add-email'), list.length)
  assert.equal(records.get('contacts.archive'), expected.length)
  assert.equal(records.get('contacts.ended'), list.length)
})

test('while the archive cannot be written every event waits, and rides once it can', async (t) => {
  const list = people(200)
  const { dir, archive, campaign } = given(t, 'in.ndjson', ndjsonOf(list))
  mkdirSync(archive, { recursive: true })
  const { child, ended } = start(t, main, ['--input', 'in.ndjson'], dir)
  await until('an event to be parked', () => journalOf(dir).includes('park/contacts.archive'))
  child.kill('SIGKILL')
  await ended
  rmdirSync(archive)

  const { code, stdout } = await campaign()

  assert.equal(code, 0)
  assert.match(stdout, /all 200 lines rode already/)
  assertArchive(archive, expectedRides(list, hashOf(ndjsonOf(list))))
})

test('tells bad lines by file and line, lets the rest ride, and still knows them after a restart', async (t) => {
  const [one, two] = people(3).slice(1) as [Person, Person]
  const lines = [
    JSON.stringify(one),
    'not json',
    JSON.stringify({ ...one, accountId: 7 }),
    JSON.stringify({ ...one, firstName: 'x'.repeat(70_000) }),
    JSON.stringify(two),
  ]
  const { archive, campaign } = given(t, 'in.ndjson', lines.join('\n'))

  const first = await campaign()
  const second = await campaign()

  for (const { code, stdout } of [first, second]) {
    assert.equal(code, 0)
    assert.match(stdout, /3 in the error log/)
    assert.match(stdout, /in\.ndjson:2 not JSON$/m)
    assert.match(stdout, /in\.ndjson:3 .*accountId: expected string, found number/)
    assert.match(stdout, /in\.ndjson:4 longer than 65536 bytes/)
  }
  assert.equal(ridesIn(archive).length, [one, two].filter(isMailed).length)
})

test('a pipe rides as it comes; killed, its last accepted line is told at the next start', async (t) => {
  const list = people(300).filter(isMailed)
  const dir = folder(t)
  const archive = join(dir, 'data/archive.ndjson')
  const { child, ended } = start(t, main, ['--input', '-'], dir)
  child.stdin.write(ndjsonOf(list))
  await until('the lines to be archived', () => linesIn(archive) === list.length)
  child.kill('SIGKILL')
  await ended

  const second = await run(t, main, ['--input', '-'], dir, ndjsonOf(list))

  assert.equal(second.code, 0, second.stderr)
  assert.match(second.stdout, new RegExp(`cannot be resumed: the last line accepted was ${list.length}`))
  assert.match(second.stdout, new RegExp(`archive\\.ndjson: ${list.length * 2} rides`))
  const rides = ridesIn(archive)
  assert.equal(new Set(rides).size, list.length * 2)
  assert.equal(rides.length, list.length * 2)
})

test('a signal ends a pipe that is silent, and says how far it came', async (t) => {
  const list = people(300).filter(isMailed)
  const dir = folder(t)
  const archive = join(dir, 'data/archive.ndjson')
  const { child, ended } = start(t, main, ['--input', '-'], dir)
  child.stdin.write(ndjsonOf(list))
  await until('the first lines to be archived', () => linesIn(archive) > 0)

  child.kill('SIGTERM')

  const { code, stdout } = await ended
  assert.equal(code, 0)
  assert.match(stdout, /Stopped behind line \d+\. Start again to go on\./)
})

test('a signal in the middle of a file finishes what has begun, and the next start goes on behind it', async (t) => {
  const list = people(12_000)
  const { dir, archive, campaign } = given(t, 'in.ndjson', ndjsonOf(list))
  const { child, ended } = start(t, main, ['--input', 'in.ndjson'], dir)
  await until('the first lines to be archived', () => linesIn(archive) > 0)

  child.kill('SIGTERM')
  const first = await ended
  const second = await campaign()

  assert.deepEqual([first.code, second.code], [0, 0], first.stderr + second.stderr)
  assert.match(first.stdout, /Stopped behind line \d+/)
  assert.match(second.stdout, /\d+ lines rode already; going on behind them/)
  assertArchive(archive, expectedRides(list, hashOf(ndjsonOf(list))))
})

test('wrong options and a missing input end with a sentence and a code', async (t) => {
  const dir = folder(t)

  const wrong = await run(t, main, ['--inptu', 'x'], dir)
  const missing = await run(t, main, ['--input', 'none.csv'], dir)

  assert.deepEqual([wrong.code, missing.code], [2, 1])
  assert.match(wrong.stderr, /Usage: npm start/)
  assert.match(missing.stderr, /MB_INPUT_UNREADABLE .*there is no file none\.csv/)
})
