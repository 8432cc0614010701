/** What Prometheus' own tools say of what is printed: the rules, the metrics, and when each alert fires. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { memory } from '../../src/index.ts'
import { prometheus } from '../../src/telemetry/index.ts'
import { programOf } from '../../tools/servers/prometheus/programs.ts'
import type { WatchProgram } from '../../tools/servers/prometheus/programs.ts'
import { shop } from './shop.ts'

const root = join(import.meta.dirname, '..', '..')

const passes = (program: WatchProgram, words: readonly string[], input = ''): string => {
  const { status, stdout, stderr } = spawnSync(programOf(program), words, { encoding: 'utf8', input })
  assert.equal(status, 0, `${program} ${words.join(' ')}\n${stdout}${stderr}`)
  return stdout + stderr
}

suite('the rules of an app', () => {
  let folder = ''
  let rules = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'metrobus-rules-'))
    rules = join(folder, 'rules.yml')
    const words = [join(root, 'src', 'cli', 'main.ts'), 'map', join(import.meta.dirname, 'shop.ts'), '--alerts']
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    writeFileSync(rules, stdout)
  })
  after(() => rmSync(folder, { recursive: true }))

  test('are right', () => {
    assert.match(passes('promtool', ['check', 'rules', rules]), /SUCCESS: \d+ rules found/)
  })

  /** Series over minutes, and whether the alert fires at the end with these labels. */
  const fires = (
    alertname: string,
    series: Readonly<Record<string, string>>,
    at: string,
    labels: object | undefined,
  ): void => {
    const file = join(folder, `${alertname}.json`)
    const expected = { eval_time: at, alertname, exp_alerts: labels === undefined ? [] : [{ exp_labels: labels }] }
    const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }))
    const tests = [{ interval: '1m', input_series, alert_rule_test: [expected] }]
    const ignored = readFileSync(rules, 'utf8').replace(/^ {8}annotations:\n {10}summary: .*\n/gm, '')
    writeFileSync(join(folder, 'bare.yml'), ignored)
    writeFileSync(file, JSON.stringify({ rule_files: [join(folder, 'bare.yml')], evaluation_interval: '1m', tests }))
    passes('promtool', ['test', 'rules', file])
  }
  const lag = 'metrobus_consumer_lag_seconds{group="shop",topic="shop.check"}'
  const stop = { app: 'shop', stop: 'check' }

  test('tell of lag that grows beyond what the policy of the stop allows, and not of lag that shrinks', () => {
    fires('MetrobusLagGrowing', { [lag]: '0+30x30' }, '20m', { ...stop, severity: 'page' })
    fires('MetrobusLagGrowing', { [lag]: '0+1x30' }, '20m', undefined)
    fires('MetrobusLagGrowing', { [lag]: '3000-30x30' }, '20m', undefined)
  })

  test('tell of a key that is parked for longer than its policy takes', () => {
    const series = 'metrobus_parked_key_oldest_seconds{app="shop",stop="check"}'
    fires('MetrobusKeyParkedTooLong', { [series]: '0+60x10' }, '5m', { ...stop, severity: 'warn' })
    fires('MetrobusKeyParkedTooLong', { [series]: '50x10' }, '5m', undefined)
  })

  test('tell of handlers whose slowest hundredth is over the deadline', () => {
    const bucket = (le: string): string =>
      `metrobus_handler_duration_seconds_bucket{app="shop",stop="check",le="${le}"}`
    const slow = { [bucket('1')]: '0+90x20', [bucket('2.5')]: '0+100x20', [bucket('+Inf')]: '0+100x20' }
    fires('MetrobusHandlerSlow', slow, '15m', { ...stop, severity: 'warn' })
    fires('MetrobusHandlerSlow', { ...slow, [bucket('1')]: '0+100x20' }, '15m', undefined)
  })

  test('tell of a stop that decides nothing while records wait', () => {
    const waiting = 'metrobus_consumer_lag_records{group="shop",topic="shop.check",partition="0"}'
    const decided = 'metrobus_events_consumed_total{app="shop",stop="check",topic="shop.check",outcome="forwarded"}'
    const labels = { app: 'shop', severity: 'page', topic: 'shop.check' }
    fires('MetrobusNoProgress', { [waiting]: '5x40', [decided]: '7x40' }, '30m', labels)
    fires('MetrobusNoProgress', { [waiting]: '5x40', [decided]: '0+1x40' }, '30m', undefined)
    fires('MetrobusNoProgress', { [waiting]: '0x40', [decided]: '7x40' }, '30m', undefined)
  })

  test('are silent about what an operator holds back, and tell of it after an hour', () => {
    const held = 'metrobus_stop_paused{app="shop",stop="check",topic="shop.check"}'
    const waiting = 'metrobus_consumer_lag_records{group="shop",topic="shop.check",partition="0"}'
    const decided = 'metrobus_events_consumed_total{app="shop",stop="check",topic="shop.check",outcome="forwarded"}'
    const parked = 'metrobus_parked_key_oldest_seconds{app="shop",stop="check"}'
    const page = { ...stop, severity: 'page' }
    const still = { [waiting]: '5x40', [decided]: '7x40' }
    for (const [paused, told] of [
      ['0x90', true],
      ['1x90', false],
    ] as const) {
      const also = { [held]: paused }
      const noProgress = told ? { app: 'shop', severity: 'page', topic: 'shop.check' } : undefined
      fires('MetrobusNoProgress', { ...still, ...also }, '30m', noProgress)
      fires('MetrobusLagGrowing', { [lag]: '0+30x30', ...also }, '20m', told ? page : undefined)
      fires(
        'MetrobusKeyParkedTooLong',
        { [parked]: '0+60x10', ...also },
        '5m',
        told ? { ...stop, severity: 'warn' } : undefined,
      )
      fires('MetrobusStopPaused', also, '70m', told ? undefined : { ...stop, severity: 'warn' })
    }
    fires('MetrobusStopPaused', { [held]: '1x90' }, '50m', undefined)
  })

  test('tell of dead letters that nobody has settled, of a disk that fills, of a journal that is poisoned, and of an app that is away', () => {
    fires('MetrobusDeadLetters', { 'metrobus_dead_letters_waiting{app="shop",stop="check"}': '0x3 2x9' }, '10m', {
      ...stop,
      severity: 'warn',
    })
    const disk = 'metrobus_log_free_bytes{app="shop"}'
    fires('MetrobusDiskFilling', { [disk]: '60000000000-300000000x90' }, '90m', { app: 'shop', severity: 'page' })
    fires('MetrobusDiskFilling', { [disk]: '60000000000x90' }, '90m', undefined)
    const poisoned = { app: 'shop', code: 'MB_JOURNAL_POISONED', severity: 'page' }
    fires(
      'MetrobusJournalPoisoned',
      { 'metrobus_app_failed{app="shop",code="MB_JOURNAL_POISONED"}': '_x2 1x5' },
      '5m',
      poisoned,
    )
    fires('MetrobusDown', { 'metrobus_build_info{app="shop",version="1"}': '1x2 _x10' }, '12m', {
      app: 'shop',
      severity: 'page',
    })
    fires('MetrobusDown', { 'metrobus_build_info{app="shop",version="1"}': '1x20' }, '12m', undefined)
  })

  test('tell of an error budget that is spent too fast, and count dead letters against it', () => {
    const ride = (outcome: string, end: string): string =>
      `metrobus_ride_duration_seconds${end.replace('{', `{app="shop",route="orders",outcome="${outcome}"`)}`
    const rides = (good: number, slow: number, dead: number): Readonly<Record<string, string>> => ({
      [ride('done', '_bucket{,le="2"}')]: `0+${good}x70`,
      [ride('done', '_count{}')]: `0+${good + slow}x70`,
      [ride('dead', '_count{}')]: `0+${dead}x70`,
    })
    const page = { app: 'shop', route: 'orders', window: '1h', severity: 'page' }
    const warn = { ...page, window: '3d', severity: 'warn' }
    const sixHours = { ...page, window: '6h' }
    const burning = (series: Readonly<Record<string, string>>, labels: readonly object[]): void => {
      const file = join(folder, 'burning.json')
      const expected = {
        eval_time: '65m',
        alertname: 'MetrobusObjectiveBurning',
        exp_alerts: labels.map((exp_labels) => ({ exp_labels })),
      }
      const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }))
      const tests = [{ interval: '1m', input_series, alert_rule_test: [expected] }]
      writeFileSync(
        join(folder, 'bare.yml'),
        readFileSync(rules, 'utf8').replace(/^ {8}annotations:\n {10}summary: .*\n?/gm, ''),
      )
      writeFileSync(file, JSON.stringify({ rule_files: [join(folder, 'bare.yml')], evaluation_interval: '1m', tests }))
      passes('promtool', ['test', 'rules', file])
    }
    burning(rides(80, 20, 0), [page, sixHours, warn])
    burning(rides(80, 0, 20), [page, sixHours, warn])
    burning(rides(93, 3, 4), [sixHours, warn])
    burning(rides(1000, 1, 0), [])
  })
})

test('the metrics of a running app are as the linter of Prometheus wants them', async () => {
  const metrics = prometheus({ process: false })
  await using running = await shop('shop').start({ bus: memory(), telemetry: metrics })
  await running.listening
  for (const name of ['one', 'bad', 'three']) await running.send('orders', { name })
  await running.caughtUp()
  const { text } = await metrics.page()
  assert.match(text, /look_seconds\{app="shop",quantile="0.5"\} 0\.0(0|1)/)
  assert.equal(passes('promtool', ['check', 'metrics'], text), '')
})

test('the example for Alertmanager in the guide is right', () => {
  const guide = readFileSync(join(root, 'docs', 'how-to', 'watch-an-app.md'), 'utf8')
  const [, example] = /```yaml\n(# alertmanager\.yml\n[\s\S]*?)```/.exec(guide) ?? []
  assert.ok(example !== undefined)
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-alertmanager-'))
  writeFileSync(join(folder, 'alertmanager.yml'), example)
  passes('amtool', ['check-config', join(folder, 'alertmanager.yml')])
  rmSync(folder, { recursive: true })
})
