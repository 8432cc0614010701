/** The command line on a module of several apps, and the load that it puts on them. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { command, Running } from './command.ts'

const system = join(import.meta.dirname, 'programs/system.ts')

function folder(t: TestContext): string {
  const cwd = mkdtempSync(join(tmpdir(), 'metrobus-system-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  return cwd
}

test('run starts all apps of a system on one journal, and drains them together', async (t) => {
  const cwd = folder(t)
  const running = new Running(['run', system], { cwd })
  await running.until('stderr', /shop, mail run on the journal in \.\/data\. Ctrl-C drains and stops them\./)

  const sent = await command(['send', 'orders', '{"id":"o-1","email":"ada@example.com"}', '--id', 'r-1'], { cwd })
  let ended = ''
  while (!ended.includes('mail'))
    ended = (await command(['tail', 'mail.ended', '--json', '--no-follow'], { cwd })).stdout
  running.kill('SIGTERM')

  assert.deepEqual([sent.code, sent.stdout], [0, 'r-1\n'])
  assert.equal((await running.ended).code, 143)
})

test('map draws each app of a system, and one picture of all', async (t) => {
  const cwd = folder(t)

  const [text, mermaid, data] = await Promise.all([
    command(['map', system], { cwd }),
    command(['map', system, '-f', 'mermaid'], { cwd }),
    command(['map', system, '--json'], { cwd }),
  ])

  assert.match(
    text.stdout,
    /^app shop\n[^]*stop sell emits to topic sold\n\napp mail\n\nentry orders \(reads topic sold\)/,
  )
  assert.match(mermaid.stdout, /^flowchart LR\n {2}n0\[\("sold"\)\]\n {2}subgraph shop\n/)
  assert.deepEqual(
    (JSON.parse(data.stdout) as { app: string }[]).map(({ app }) => app),
    ['shop', 'mail'],
  )
})

test('map tells the least that each app may be allowed on a Kafka cluster', async (t) => {
  const cwd = folder(t)
  const asked = ['map', system, '--acls', '--prefix', 'eu.']

  const [text, data] = await Promise.all([
    command(asked, { cwd }),
    command([...asked, '--principal', 'User:all', '--json'], { cwd }),
  ])

  const sold = text.stdout.split('\n').filter((line) => line.includes('--topic eu.sold '))
  assert.deepEqual(
    sold.map((line) => /'(.*)'.* --operation (\w+) --topic/.exec(line)?.slice(1)),
    [
      ['User:shop', 'Write'],
      ['User:mail', 'Read'],
    ],
  )
  const rules = JSON.parse(data.stdout) as { principal: string; name: string }[]
  assert.ok(rules.every(({ principal, name }) => principal === 'User:all' && name.startsWith('eu.')))
})

test('what is for one app says so', async (t) => {
  const cwd = folder(t)

  const [input, act] = await Promise.all([
    command(['run', system, '--input', '-'], { cwd }),
    command(['dead', 'list', '--app', system], { cwd }),
  ])

  assert.deepEqual([input.code, act.code], [2, 2])
  assert.match(input.stderr, /^MB_BAD_ARGUMENT --input is for one app, and \S+ has shop, mail\.\n/)
  assert.match(act.stderr, /^MB_BAD_ARGUMENT \S+system\.ts has several apps \(shop, mail\): name a module of one\.\n/)
})

test('a folder stands for the app.ts in it', async (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, 'app.ts'), `export { default } from '${system}'\n`)

  const { code, stdout } = await command(['map', '.'], { cwd })

  assert.equal(code, 0)
  assert.match(stdout, /^app shop\n/)
})

interface Report {
  readonly sent: number
  readonly refused: number
  readonly durable: { readonly count: number; readonly p99Ms: number }
  readonly stops: readonly {
    readonly app: string
    readonly stop: string
    readonly count: number
    readonly dead: number
  }[]
  readonly kinds: readonly { readonly kind: string; readonly count: number }[]
}

const bench = (...words: string[]): readonly string[] => [
  'bench',
  system,
  '--rate',
  '400',
  '--duration',
  '500ms',
  '--warm-up',
  '100ms',
  ...words,
]

test('bench puts a load on a system, and tells how long everything took that an event caused', async (t) => {
  const cwd = folder(t)

  const { code, stdout, stderr } = await command(bench('--json'), { cwd })

  const report = JSON.parse(stdout) as Report
  const [known, unknown] = report.kinds.map(({ count }) => count)
  assert.deepEqual([code, stderr, readdirSync(cwd)], [0, 'before\nafter\n', []])
  assert.deepEqual([report.sent, report.refused, report.durable.count], [200, 0, 200])
  assert.equal(known! + unknown!, 200)
  assert.ok(known! > unknown!)
  assert.ok(report.durable.p99Ms > 0)
  assert.deepEqual(
    report.stops.map(({ app, stop, count }) => [app, stop, count]),
    [
      ['shop', 'sell', 200],
      ['mail', 'thank', 200],
    ],
  )
  // The warm-up has some, too.
  assert.ok(report.stops[1]!.dead >= unknown!)
})

test('bench takes a mix, shows a table, and counts what is refused', async (t) => {
  const cwd = folder(t)

  const { code, stdout, stderr } = await command(bench('--mix', 'known=1', '--mix', 'wrong=1'), { cwd })

  assert.equal(code, 0)
  assert.match(stdout, /UNTIL ALL IS HANDLED OF +EVENTS +P50 MS[^]*\nknown +\d+/)
  assert.doesNotMatch(stdout, /unknown/)
  const [, refused] = /200 sent, (\d+) refused, at 400 a second for 0\.5 s/.exec(stderr) ?? []
  assert.ok(Number(refused) > 0, stderr)
})

test('bench says what it needs', async (t) => {
  const cwd = folder(t)
  const app = join(import.meta.dirname, 'programs/cli-app.ts')

  const [noRate, noKind, noLoad] = await Promise.all([
    command(['bench', system], { cwd }),
    command(bench('--mix', 'gold=1'), { cwd }),
    command(['bench', app, '--rate', '10'], { cwd }),
  ])

  assert.deepEqual([noRate.code, noKind.code, noLoad.code], [2, 2, 1])
  assert.match(noRate.stderr, /--rate is missing: how many events a second\?/)
  assert.match(noKind.stderr, /--mix names "gold", and \S+ has known, unknown, wrong/)
  assert.match(noLoad.stderr, /The export `load` of \S+cli-app\.ts.*a load needs a mix with one kind at least/)
})
