/** A real Prometheus scrapes real processes, its alerts go through a real Alertmanager, and arrive here. */
import assert from 'node:assert/strict'
import { fork, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { removeWatchers, startWatchers } from '../../tools/servers/prometheus/watchers.ts'
import { freePorts } from '../../tools/servers/run.ts'

interface Heard {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
}

/** A scrape, the wait of the alert, evaluations, and the grouping of Alertmanager, on a machine with other things to do. */
const alertMsMax = 150_000

suite('an alert reaches whoever is on duty', { concurrency: true }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'metrobus-watched-'))
  const heard: Heard[] = []
  const children = new Set<ChildProcess>()
  const webhook = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push(...(JSON.parse(body) as { readonly alerts: readonly Heard[] }).alerts)
      response.end()
    })
  })
  let ports: readonly number[] = []

  before(async () => {
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve))
    ports = await freePorts(4)
    const [prometheusPort = 0, alertmanagerPort = 0, ...apps] = ports
    // As an operator writes it for a counter of the app's own.
    const own = join(folder, 'own.yml')
    const rule = { alert: 'ManyCalls', expr: 'function_calls_total > 100', for: '10s', labels: { severity: 'page' } }
    writeFileSync(own, JSON.stringify({ groups: [{ name: 'own', rules: [rule] }] }))
    const generated = join(folder, 'generated.yml')
    writeFileSync(generated, rulesOf(join(import.meta.dirname, 'shop.ts')))
    await startWatchers({
      folder: join(folder, 'watchers'),
      prometheusPort,
      alertmanagerPort,
      targets: apps.map((port) => `127.0.0.1:${port}`),
      scrapeSeconds: 15,
      evaluateSeconds: 5,
      rules: [own, generated],
      webhook: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`,
    })
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await removeWatchers(join(folder, 'watchers'))
    webhook.closeAllConnections()
    webhook.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = async (name: string, port: number): Promise<ChildProcess> => {
    const child = fork(join(import.meta.dirname, 'shop-process.ts'), [name, join(folder, name), String(port)])
    children.add(child)
    child.once('exit', () => children.delete(child))
    assert.equal((await once(child, 'message'))[0], 'ready')
    return child
  }
  const tell = async (child: ChildProcess, what: object): Promise<void> => {
    const answered = once(child, 'message')
    child.send(what)
    await answered
  }
  const hears = async (status: Heard['status'], labels: Readonly<Record<string, string>>): Promise<void> => {
    const fits = (one: Heard): boolean =>
      one.status === status && Object.entries(labels).every(([label, value]) => one.labels[label] === value)
    const until = Date.now() + alertMsMax
    while (!heard.some(fits)) {
      assert.ok(Date.now() < until, `${status} ${JSON.stringify(labels)} in ${JSON.stringify(heard)}`)
      await pause(200)
    }
  }

  test('the rule function_calls_total > 100 for 10 s fires at a scrape each 15 s, and resolves after a restart, for the counter begins at 0', async () => {
    const alert = { alertname: 'ManyCalls', app: 'caller' }
    const first = await start('caller', ports[2]!)
    await tell(first, { send: Array.from({ length: 101 }, (_, index) => `order ${index}`) })
    await hears('firing', alert)
    await tell(first, { stop: true })
    await once(first, 'exit')
    const second = await start('caller', ports[2]!)
    await hears('resolved', alert)
    await tell(second, { stop: true })
  })

  test('a dead letter is told as long as nobody settles it', async () => {
    const alert = { alertname: 'MetrobusDeadLetters', app: 'shop', stop: 'check' }
    const child = await start('shop', ports[3]!)
    await tell(child, { send: ['good', 'bad', 'good'] })
    await hears('firing', alert)
    await tell(child, { discard: true })
    await hears('resolved', alert)
    await tell(child, { stop: true })
  })
})

function rulesOf(module: string): string {
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'map', module, '--alerts'], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return stdout
}
