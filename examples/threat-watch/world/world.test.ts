/** The whole system over real HTTP, with hosts that a test adds to the small web. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memory, startAll } from '../../../src/index.ts'
import { threatWatch } from '../app.ts'
import { fakeNeeds } from '../fakes.ts'
import { SafeWeb } from '../web/safe-web.ts'
import { startWorld } from './world.ts'
import type { Site } from './world.ts'

const html = { 'content-type': 'text/html' }
const pagesOfAHost = 8

test('a slow host holds up nobody but itself, and each host is asked one thing at a time', async () => {
  const slow: PromiseWithResolvers<void> = Promise.withResolvers()
  const site =
    (name: string): Site =>
    (path, response) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else if (path === '/')
        response
          .writeHead(200, html)
          .end(Array.from({ length: pagesOfAHost }, (_, n) => `<a href="/${n}">${n}</a>`).join(' '))
      else {
        const answer = (): void => void response.writeHead(200, html).end(`evil ${name} ${path}`)
        if (name === 'slow') void slow.promise.then(answer)
        else setTimeout(answer, 2)
      }
    }
  const hosts = ['slow', 'one', 'two', 'three']
  await using world = await startWorld(Object.fromEntries(hosts.map((name) => [`${name}.test`, site(name)])))
  await using web = new SafeWeb({ connectTo: world.connectTo, timeoutMs: 60_000, headersTimeoutMs: 60_000 })
  const needs = { ...fakeNeeds(), web, delayMs: 1 }
  // One partition: the slow host and the others are beside each other everywhere.
  await using system = await startAll(threatWatch(needs), { bus: memory({ partitions: 1 }) })
  const { sources, watch } = system.apps
  const toldOf = (name: string): number =>
    [...needs.alarm.raised.values()].filter(({ subject }) => subject.includes(`//${name}.`)).length

  await watch.send('clients', { name: 'Veloris Bank', domain: 'veloris.example' })
  for (const name of hosts) await sources.send('seeds', { as: 'page', url: `http://${name}.test/`, depth: 1, moves: 0 })
  const deadline = Date.now() + 30_000
  while (hosts.slice(1).some((name) => toldOf(name) < pagesOfAHost) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 5))
  const before = hosts.map(toldOf)
  slow.resolve()
  await system.caughtUp()

  assert.deepEqual(before, [0, pagesOfAHost, pagesOfAHost, pagesOfAHost])
  assert.equal(toldOf('slow'), pagesOfAHost)
  assert.deepEqual(
    hosts.map((name) => world.mostAtOnce.get(`${name}.test`)),
    [1, 1, 1, 1],
  )
})
