/** The command line as a stranger meets it. One app runs for all tests that look at a running app; the others have folders of their own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { command, main, Running } from './command.ts'
import type { Ended } from './command.ts'

const app = join(import.meta.dirname, 'programs/cli-app.ts')
let root = ''
before(() => {
  root = mkdtempSync(join(tmpdir(), 'metrobus-cli-'))
})
after(() => rmSync(root, { recursive: true, force: true }))

/** A fresh folder to stand in. */
const folder = (): string => mkdtempSync(join(root, 'f-'))

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')
const json = <Answer>({ stdout }: Ended): Answer => JSON.parse(stdout) as Answer

describe('a running app', () => {
  let cwd = ''
  let running: Running
  const run = (...words: string[]): Promise<Ended> => command(words, { cwd })
  const sendTo = (entry: string, stdin: string): Promise<Ended> => command(['send', entry, '--json'], { cwd, stdin })
  before(async () => {
    cwd = folder()
    running = new Running(['run', app, '--health', '0'], { cwd })
    await running.until('stderr', /staff runs on the journal in \.\/data\. Ctrl-C drains and stops it\./)
  })
  after(async () => {
    running.kill('SIGKILL')
    await running.ended
  })

  /** Sends one event and answers its id, once it has ended. */
  async function ridden(data: object): Promise<string> {
    const { id } = json<{ id: string }>(await run('send', 'people', JSON.stringify(data), '--json'))
    for (;;) {
      const trace = await run('trace', id, '--json')
      if (trace.code === 0 && json<{ state: string }>(trace).state === 'ended') return id
    }
  }

  test('send prints the id of an event that is durable', async () => {
    const sent = await run('send', 'people', '{"name":"Ada"}', '--id', 'first')
    const again = await run('send', 'people', '{"name":"Ada"}', '--id', 'first', '--json')

    assert.deepEqual([sent.code, sent.stdout, sent.stderr], [0, 'first\n', ''])
    assert.deepEqual([again.code, json(again)], [0, { id: 'first', duplicate: true }])
  })

  test('send takes a line an event from standard input, and tells the lines that were refused', async () => {
    const { code, stdout, stderr } = await sendTo('people', '{"name":"Bob"}\n\n{"name":7}\nnot json\n{"name":"Eve"}')

    assert.equal(code, 1)
    assert.equal(lines(stdout).length, 2)
    const failures = lines(stderr).map(
      (line) => (JSON.parse(line) as { error: { code: string; message: string; causes: string[] } }).error,
    )
    assert.deepEqual(
      failures.map(({ message }) => message),
      ['Line 4 was not sent.', 'Line 3 was not sent.'],
    )
    assert.match(
      failures[1]!.causes[0]!,
      /The entry "people" refused an event: people\.name: expected string, found number/,
    )
  })

  test('an event that the entry refuses is a failure with the path of the fault', async () => {
    const { code, stdout, stderr } = await run('send', 'people', '{"name":7}')

    assert.deepEqual([code, stdout], [1, ''])
    assert.match(
      stderr,
      /^MB_INVALID_EVENT The entry "people" refused an event: people\.name: expected string, found number/,
    )
  })

  test('an entry that is not there is told with those that are', async () => {
    const { code, stderr } = await run('send', 'poeple', '{"name":"Ada"}')

    assert.equal(code, 4)
    assert.match(stderr, /^MB_UNKNOWN_ENTRY There is no entry "poeple": this app has people\.\n/)
  })

  test('trace shows the whole ride', async () => {
    const id = await ridden({ name: 'Ada' })

    const text = await run('trace', id)
    const { hops } = json<{ hops: { stop: string; outcome: string; attempts: number }[] }>(
      await run('trace', id, '--json'),
    )

    assert.match(text.stdout, /on line default.*ended after/)
    assert.deepEqual(
      hops.map(({ stop, outcome, attempts }) => [stop, outcome, attempts]),
      [
        ['check', 'forward', 1],
        ['archive', 'done', 1],
      ],
    )
  })

  test('trace of what is unknown exits with 4', async () => {
    const { code, stderr } = await run('trace', 'nobody')

    assert.deepEqual([code, stderr], [4, 'MB_NOT_FOUND There is no ride "nobody".\n'])
  })

  test('tail follows a topic until it is interrupted, and exits with 130', async () => {
    const tail = new Running(['tail', 'staff.check', '--from', 'beginning', '--json'], { cwd })
    const id = await ridden({ name: 'Tail' })
    await tail.until('stdout', new RegExp(`"id":"${id}"`))

    tail.kill('SIGINT')
    const { code, stdout, stderr } = await tail.ended

    assert.deepEqual([code, stderr], [130, ''])
    for (const line of lines(stdout)) assert.equal((JSON.parse(line) as { topic: string }).topic, 'staff.check')
  })

  test('tail ends with what is there, after a count, or by its timeout', async () => {
    await ridden({ name: 'Tail' })

    const counted = await run('tail', 'staff.ended', '--no-follow', '-n', '1')
    const timed = await run('tail', 'staff.ended', '--timeout', '300ms')

    assert.deepEqual([counted.code, lines(counted.stdout).length], [0, 1])
    assert.match(counted.stdout, /ended=done/)
    assert.equal(timed.code, 124)
    assert.match(timed.stderr, /^MB_TIMED_OUT tail did not end within 0\.3 s\.\n/)
  })

  test('tail of a topic that is not there names those that are', async () => {
    const { code, stderr } = await run('tail', 'staff.chekc')

    assert.equal(code, 4)
    assert.match(stderr, /^MB_NOT_FOUND There is no topic "staff\.chekc": did you mean "staff\.check"\?/)
  })

  test('topics and lag are tables, and with --json one document each', async () => {
    const topics = await run('topics', '--json')
    const lag = await run('lag', '--json')
    const table = await run('lag', '--partitions')

    assert.ok(json<{ topics: { topic: string }[] }>(topics).topics.some(({ topic }) => topic === 'staff.check'))
    assert.deepEqual([...new Set(json<{ lag: { group: string }[] }>(lag).lag.map(({ group }) => group))], ['staff'])
    assert.match((await run('topics')).stdout, /^TOPIC +RECORDS +BYTES +PARTITIONS +RETENTION\n-+\n/)
    assert.match(table.stdout, /^GROUP +TOPIC +PARTITION +SETTLED UP TO +END +BEHIND +OLDEST\n/)
  })

  test('dead letters are listed, grouped, shown, edited, replayed and discarded', async () => {
    const id = await ridden({ name: 'bad', team: 'one' })
    for (const team of ['two', 'three']) await ridden({ name: 'bad', team })
    interface Letter {
      readonly place: string
      readonly id: string
      readonly cause: string
      readonly data: unknown
    }
    const list = async (...words: string[]): Promise<Letter[]> =>
      json<{ deadLetters: Letter[] }>(await run('dead', 'list', '--json', ...words)).deadLetters

    const all = await list('--cause', 'bad-name')
    const place = all.find((letter) => letter.id === id)?.place ?? ''
    const groups = await run('dead', 'list', '--groups')
    const shown = json<Letter>(await run('dead', 'show', place, '--json'))
    const edited = await run('dead', 'edit', place, '--data', '{"name":"Good"}', '--json')
    const replayed = await run('dead', 'replay', '--key', 'two', '--json')
    const discarded = await run('dead', 'discard', '--stop', 'check', '--reason', 'known')

    assert.equal(all.length, 3)
    assert.match(groups.stdout, /\n +3 +check +bad-name /)
    assert.deepEqual([shown.id, shown.cause, shown.data], [id, 'bad-name', { name: 'bad', team: 'one' }])
    assert.deepEqual([json(edited), json(replayed)], [{ replayed: 1 }, { replayed: 1 }])
    // The third, and the second again if it has been given up anew.
    assert.match(discarded.stdout, /^[12] discarded\n$/)
    const trace = json<{ hops: { outcome: string; replay: number }[] }>(await run('trace', id, '--json'))
    assert.deepEqual(
      trace.hops.map(({ outcome, replay }) => `${outcome} ${replay}`),
      ['dead 0', 'forward 1', 'done 1'],
    )
  })

  test('what changes dead letters must be told which, and a place must be there', async () => {
    const unsaid = await run('dead', 'replay')
    const unreasoned = await run('dead', 'discard', '--all')
    const missing = await run('dead', 'show', 'check/0/99999')

    assert.deepEqual([unsaid.code, unreasoned.code, missing.code], [2, 2, 4])
    assert.match(unsaid.stderr, /^MB_BAD_ARGUMENT Which dead letters is not said: name a place, choose by --stop/)
    assert.match(unreasoned.stderr, /required option '--reason <text>' not specified/)
  })

  test('journal info shows what it holds', async () => {
    const { code, stdout } = await run('journal', 'info', '--json')
    const info = JSON.parse(stdout) as { inUse: boolean; bytes: number; groups: string[] }

    assert.equal(code, 0)
    assert.deepEqual([info.inUse, info.groups], [true, ['staff']])
    assert.ok(info.bytes > 0)
  })

  test('map without a module draws the app that runs', async () => {
    const { code, stdout } = await run('map')

    assert.equal(code, 0)
    assert.match(stdout, /^app staff\n[^]* {2}line default: check -> archive\n/)
  })

  test('doctor finds the app and exits with 0', async () => {
    const { code, stdout } = await run('doctor', '--json')

    assert.equal(code, 0, stdout)
    assert.match(stdout, /"staff runs as process \d+"/)
  })

  test('the journal of an app whose socket is gone is in use: 5, and a problem for the doctor', async () => {
    const socket = join(cwd, 'data/staff.sock')
    const hidden = `${socket}.hidden`
    renameSync(socket, hidden)
    const topics = await run('topics')
    const doctor = await run('doctor', '--json')
    renameSync(hidden, socket)

    assert.equal(topics.code, 5)
    assert.match(topics.stderr, /^MB_JOURNAL_LOCKED The journal in \.\/data is in use by /)
    assert.equal(doctor.code, 3)
    assert.match(doctor.stdout, /"check":"journal","ok":false,"found":"MB_JOURNAL_LOCKED"/)
  })
})

describe('an app that does not run', () => {
  test('is read from its files, and what would change them needs the app', async () => {
    const cwd = folder()
    const run = (...words: string[]): Promise<Ended> => command(words, { cwd })
    await run('send', 'people', '{"name":"bad"}', '--app', app)

    await run('send', 'people', '{"name":"slow"}', '--id', 'slow', '--app', app)
    const trace = await run('trace', 'slow', '--json')
    const tail = await run('tail', 'staff.check')
    const dead = await run('dead', 'list', '--json')
    const sent = await run('send', 'people', '{"name":"Ada"}')
    const replayed = await run('dead', 'replay', '--all', '--app', app)

    assert.deepEqual(
      [tail.code, lines(tail.stdout).length, tail.stderr],
      [0, 2, 'No process holds this journal: printing what is there.\n'],
    )
    assert.match(trace.stdout, /"state":"ended"/, 'what was started for the act has drained')
    assert.match(dead.stdout, /"place":"check\/\d\/0"/)
    assert.equal(sent.code, 5)
    assert.match(
      sent.stderr,
      /^MB_NOT_RUNNING Sending needs the running app.*start it with `metrobus run <app>`, or name its module/,
    )
    assert.deepEqual([replayed.code, replayed.stdout], [0, '1 replayed\n'])
  })

  test('has no journal before its first start: 4', async () => {
    const { code, stderr } = await command(['topics', '--dir', 'nowhere'], { cwd: folder() })

    assert.equal(code, 4)
    assert.match(stderr, /^MB_JOURNAL_MISSING There is no journal in nowhere/)
  })
})

describe('journal tools', () => {
  test('verify finds a journal whole, or says where it is damaged and what went with it, and exits with 3', async () => {
    const cwd = folder()
    const run = (...words: string[]): Promise<Ended> => command(words, { cwd })
    writeFileSync(join(cwd, 'people.ndjson'), Array.from({ length: 50 }, (_, n) => `{"name":"person-${n}"}\n`).join(''))
    await run('run', app, '--input', 'people.ndjson', '--quiet')

    const whole = await run('journal', 'verify')
    flipByte(join(cwd, 'data/0000000000000000.seg'), '"person-25"')
    const damaged = await run('journal', 'verify', '--json')
    const doctor = await run('doctor')

    assert.equal(whole.code, 0)
    assert.match(whole.stdout, /^1 segments, .*\nThe journal is whole\.\n$/)
    assert.equal(damaged.code, 3)
    const { ok, damages } = json<{ ok: boolean; damages: { file: string; detail: string }[] }>(damaged)
    assert.deepEqual([ok, damages.length, damages[0]?.detail], [false, 1, 'checksum'])
    assert.equal(doctor.code, 3)
    assert.match(doctor.stdout, /PROBLEM +journal +/)
  })

  test('dump prints every frame, with the data when asked', async () => {
    const cwd = folder()
    await command(['send', 'people', '{"name":"Ada"}', '--id', 'one', '--app', app], { cwd })

    const text = await command(['journal', 'dump'], { cwd })
    const data = await command(['journal', 'dump', '--json', '--data'], { cwd })

    assert.match(text.stdout, /\n {2}record staff\.check\/\d 0 ride one hop 0 key - slip check,archive\|/)
    assert.doesNotMatch(text.stdout, /Ada/)
    const frames = lines(data.stdout).map((line) => JSON.parse(line) as { kind: string; entries?: { data?: string }[] })
    assert.ok(frames.some(({ entries = [] }) => entries.some((entry) => entry.data === '{"name":"Ada"}')))
  })

  test('salvage copies what is whole to a new journal, lists what is lost, and overwrites none', async () => {
    const cwd = folder()
    const run = (...words: string[]): Promise<Ended> => command(words, { cwd })
    await run('send', 'people', '{"name":"Ada"}', '--id', 'one', '--app', app)
    await run('send', 'people', '{"name":"Bob"}', '--id', 'two', '--app', app)
    flipByte(join(cwd, 'data/0000000000000000.seg'), '"Ada"')

    const refused = await run('topics')
    const salvaged = await run('journal', 'salvage', '--to', 'saved')
    const again = await run('journal', 'salvage', '--to', 'saved')
    const found = await run('trace', 'two', '--dir', 'saved')
    const verified = await run('journal', 'verify', '--dir', 'saved')

    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /^MB_JOURNAL_CORRUPT The journal is damaged: .* "metrobus journal salvage"/)
    assert.equal(salvaged.code, 0)
    assert.match(salvaged.stdout, /^LOST .*checksum; lost .*staff\.check\/\d 0-0.*\n[^]*records, .*copied to saved\n$/)
    assert.deepEqual([again.code, found.code, verified.code], [1, 0, 0])
  })

  test('what a running app holds is not verified: 5', async () => {
    const cwd = folder()
    const running = new Running(['run', app], { cwd })
    await running.until('stderr', /staff runs/)

    const { code, stderr } = await command(['journal', 'verify'], { cwd })
    running.kill('SIGTERM')
    await running.ended

    assert.equal(code, 5)
    assert.match(stderr, /^MB_JOURNAL_LOCKED The journal in \.\/data is in use by process \d+ \(metrobus run\)/)
  })
})

/** Damages the file at the first byte of a text in it. */
function flipByte(path: string, text: string): void {
  const bytes = readFileSync(path)
  const at = bytes.indexOf(text)
  assert.notEqual(at, -1, `${path} holds ${text}`)
  bytes[at] = bytes[at]! ^ 1
  writeFileSync(path, bytes)
}

describe('run', () => {
  const input = '{"name":"Ada"}\n{"name":"none"}\nnot json\n{"name":"Bob"}\n'

  test('brings in a file, tells its bad lines, prints what each stop did, and does not do it twice', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'people.ndjson'), input)
    const run = (...words: string[]): Promise<Ended> =>
      command(['run', app, '--input', 'people.ndjson', ...words], { cwd })

    const first = await run('--json')
    const second = await run()
    const again = await run('--again', '--json')

    const { accepted, refused, stops } = json<{
      accepted: number
      refused: number
      stops: { stop: string; out: number; dropped: object }[]
    }>(first)
    assert.deepEqual([first.code, accepted, refused], [0, 3, 1])
    assert.deepEqual(
      stops.map(({ stop, out, dropped }) => [stop, out, dropped]),
      [
        ['check', 2, { nobody: 1 }],
        ['archive', 2, {}],
      ],
    )
    assert.match(first.stderr, /people\.ndjson:3/)
    assert.equal(second.code, 0)
    assert.match(second.stderr, /^people\.ndjson: all 4 lines rode already; --again starts over\.\n/)
    assert.match(second.stdout, /^STOP +IN +OUT +DROPPED +RETRIED +DEAD +P50 MS +P99 MS\n/)
    assert.equal(json<{ accepted: number }>(again).accepted, 3)
  })

  test('brings in CSV, and standard input', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'people.csv'), 'name,team\nAda,one\nBob,two\n')

    const csv = await command(['run', app, '-i', 'people.csv', '--json'], { cwd })
    const piped = await command(['run', app, '-i', '-', '--bus', 'memory', '--json'], { cwd, stdin: input })

    assert.equal(json<{ accepted: number }>(csv).accepted, 2)
    assert.equal(json<{ accepted: number }>(piped).accepted, 3)
  })

  test('drains on SIGTERM and exits with 143', async () => {
    const cwd = folder()
    const running = new Running(['run', app], { cwd })
    await running.until('stderr', /staff runs/)

    running.kill('SIGTERM')
    const { code, stdout } = await running.ended

    assert.deepEqual([code, stdout], [143, ''])
    assert.equal(existsSync(join(cwd, 'data/staff.sock')), false)
  })

  test('drains what runs when a signal comes twice at once, as from npm, and ends at once when it comes again', async () => {
    const cwd = folder()
    const started = async (): Promise<Running> => {
      const running = new Running(['run', app], { cwd })
      await running.until('stderr', /staff runs/)
      return running
    }
    const last = async (): Promise<string | undefined> => {
      const tail = await command(['tail', 'staff.ended', '--json'], { cwd })
      return lines(tail.stdout).at(-1)
    }

    const patient = await started()
    await command(['send', 'people', '{"name":"slow"}', '--id', 'one'], { cwd })
    patient.kill('SIGINT')
    patient.kill('SIGINT')
    const drained = await patient.ended
    const afterDrain = await last()
    const hurried = await started()
    await command(['send', 'people', '{"name":"slow"}', '--id', 'two'], { cwd })
    hurried.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 500))
    hurried.kill('SIGTERM')
    const cut = await hurried.ended

    assert.deepEqual([drained.code, cut.code], [130, 143], drained.stderr + cut.stderr)
    assert.match(afterDrain ?? '', /"ride":"one"/)
    assert.doesNotMatch((await last()) ?? '', /"ride":"two"/)
  })

  test('names an input or a module that is not there, or is no app', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'number.ts'), 'export default 7\n')
    writeFileSync(join(cwd, 'broken.ts'), "throw new RangeError('out of reach')\n")
    const run = (...words: string[]): Promise<Ended> => command(['run', ...words], { cwd })

    const [noInput, noModule, noApp, broken, nothing, noEntry] = await Promise.all([
      run(app, '--input', 'gone.ndjson', '--bus', 'memory'),
      run('gone.ts'),
      run('number.ts'),
      run('broken.ts'),
      run(),
      run(app, '--input', '-', '--entry', 'poeple', '--bus', 'memory'),
    ])

    assert.deepEqual(
      [noInput, noModule, noApp, broken, nothing, noEntry].map(({ code }) => code),
      [4, 4, 1, 1, 2, 4],
    )
    assert.match(noInput.stderr, /there is no file gone\.ndjson/)
    assert.match(noModule.stderr, /^MB_NO_APP_MODULE There is no file gone\.ts/)
    assert.match(noApp.stderr, /^MB_NOT_AN_APP The default export of number\.ts is of type number and not an app/)
    assert.match(
      broken.stderr,
      /^MB_APP_MODULE_FAILED The module broken\.ts failed while it was loaded\.\n {2}because: out of reach\n/,
    )
    assert.match(nothing.stderr, /The app is not named/)
    assert.match(noEntry.stderr, /^MB_UNKNOWN_ENTRY There is no entry "poeple": this app has people\./)
  })
})

test('dev starts again when a file changes, keeps the journal, and ends its app with itself', async () => {
  const cwd = folder()
  const nested = join(cwd, 'app')
  mkdirSync(nested)
  const file = join(nested, 'app.ts')
  const source = readFileSync(app, 'utf8').replace(
    '../../../src/',
    `${relative(nested, join(import.meta.dirname, '../../src'))}/`,
  )
  // A path to the modules: the copy lies elsewhere.
  writeFileSync(file, source.replace("'valibot'", JSON.stringify(import.meta.resolve('valibot'))))
  const dev = new Running(['dev', 'app/app.ts'], { cwd })
  await dev.until('stderr', /staff runs/)

  // The old process is still busy with this one when the new one wants the journal.
  await command(['send', 'people', '{"name":"slow"}'], { cwd })
  writeFileSync(file, `${readFileSync(file, 'utf8')}// changed\n`)
  await dev.until('stderr', /app\.ts changed[^]*staff runs/)
  const tail = await command(['tail', 'staff.check', '--no-follow'], { cwd })
  dev.kill('SIGTERM')
  const { code } = await dev.ended
  const after = await command(['lag'], { cwd })

  assert.equal(lines(tail.stdout).length, 1)
  assert.equal(code, 143)
  assert.equal(after.code, 0, 'the lock is free, so the app has ended')
})

describe('the command line itself', () => {
  const cwd = tmpdir()

  test('without words it is the help, on standard output', async () => {
    const { code, stdout, stderr } = await command([], { cwd })

    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Usage: metrobus /)
    assert.match(stdout, /124 +--timeout has passed/)
  })

  test('a typo is answered with what was meant, on standard error, and 2', async () => {
    const [name, option, inner, value, missing] = await Promise.all([
      command(['tpics'], { cwd }),
      command(['topics', '--jsn'], { cwd }),
      command(['dead', 'lst'], { cwd }),
      command(['tail', 'x', '--count', 'many'], { cwd }),
      command(['tail'], { cwd }),
    ])

    for (const { code, stdout } of [name, option, inner, value, missing]) assert.deepEqual([code, stdout], [2, ''])
    assert.match(name.stderr, /unknown command 'tpics'\n\(Did you mean topics\?\)/)
    assert.match(option.stderr, /Did you mean --json\?/)
    assert.match(inner.stderr, /Did you mean list\?/)
    assert.match(value.stderr, /Write a whole number from 1 to/)
    assert.match(missing.stderr, /missing required argument 'topic'/)
  })

  test('version and map answer without a journal', async () => {
    const version = await command(['version', '--json'], { cwd })
    const short = await command(['--version'], { cwd })
    const text = await command(['map', app], { cwd })
    const mermaid = await command(['map', app, '--format', 'mermaid'], { cwd })
    const data = await command(['map', app, '--json'], { cwd })

    assert.match(json<{ metrobus: string }>(version).metrobus, /^\d+\.\d+\.\d+$/)
    assert.equal(short.stdout.trim(), json<{ metrobus: string }>(version).metrobus)
    assert.match(text.stdout, /entry people -> line default\n {2}line default: check -> archive/)
    assert.match(mermaid.stdout, /^flowchart LR\n/)
    assert.equal(json<{ app: string }>(data).app, 'staff')
  })

  test('bench measures the machine and a line, and leaves nothing behind', async () => {
    const cwd = folder()

    const { code, stdout } = await command(['bench', '--events', '200', '--json'], { cwd })

    const { limits, line } = JSON.parse(stdout) as { limits: { jsonPerSecond: number }; line: { delivered: number } }
    assert.equal(code, 0)
    assert.ok(limits.jsonPerSecond > 0)
    assert.equal(line.delivered, 200)
    assert.deepEqual(readdirSync(cwd), [])
  })

  test('the environment gives the folder and the app, and an option wins over it', async () => {
    const env = { METROBUS_DIR: 'from-environment', METROBUS_APP: app }

    const both = await command(['map', '--json'], { cwd, env })
    const dir = await command(['topics'], { cwd, env: { METROBUS_DIR: 'from-environment' } })
    const option = await command(['topics', '-d', 'from-option'], { cwd, env: { METROBUS_DIR: 'from-environment' } })

    assert.equal(both.code, 0)
    assert.match(dir.stderr, /in from-environment/)
    assert.match(option.stderr, /in from-option/)
  })

  test('--verbose shows where a failure was', async () => {
    const plain = await command(['topics', '-d', 'nowhere'], { cwd })
    const verbose = await command(['topics', '-d', 'nowhere', '--verbose'], { cwd })

    assert.doesNotMatch(plain.stderr, /\n +at /)
    assert.match(verbose.stderr, /\n +at /)
  })

  test('the completion script of bash completes, and every shell has one', async () => {
    const scripts = await Promise.all(
      ['bash', 'zsh', 'fish', 'pwsh'].map((shell) => command(['completion', shell], { cwd })),
    )
    const typed = 'COMP_WORDS=(metrobus dead l); COMP_CWORD=2; _metrobus; echo "${COMPREPLY[@]}"'
    const bash = spawnSync('bash', [
      '-c',
      `metrobus() { "${process.execPath}" "${main}" "$@"; }\n${scripts[0]?.stdout}\n${typed}`,
    ])

    assert.deepEqual(
      scripts.map(({ code }) => code),
      [0, 0, 0, 0],
    )
    assert.equal(bash.stdout.toString(), 'list\n', bash.stderr.toString())
  })
})
