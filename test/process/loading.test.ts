/** What nobody has asked for is not loaded: a server and its libraries take longer to load than an app to start, or a ride to be found. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Running } from './command.ts'

const app = join(import.meta.dirname, 'programs', 'cli-app.ts')
const hook = pathToFileURL(join(import.meta.dirname, 'programs', 'loaded.ts')).href
let folder = ''
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrobus-loading-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

const servers = /^node:http$|\/node_modules\/(hono|@hono)\//

/** Runs the command to its end; answers what it said, and what it has loaded. */
async function loadedBy(
  words: readonly string[],
  stdin = '',
): Promise<{ readonly stdout: string; readonly loaded: readonly string[] }> {
  const command = new Running(words, { cwd: folder, stdin, env: { NODE_OPTIONS: `--import=${hook}` } })
  const { code, stdout, stderr } = await command.ended
  assert.equal(code, 0, stderr)
  return { stdout, loaded: JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as readonly string[] }
}

test('an app that nobody looks at loads no server, and a ride is found in files without one', async () => {
  const ran = await loadedBy(['run', app, '--input', '-'], '{"name":"Ada"}\n')
  const records = await loadedBy(['tail', 'staff.archive', '--from', 'beginning', '--no-follow', '--json'])
  const [id] = /"ride":"[^"]+"/.exec(records.stdout)!
  const traced = await loadedBy(['trace', JSON.parse(id.slice(7)) as string, '--json'])

  assert.match(traced.stdout, /"stop":"archive"/)
  for (const { loaded } of [ran, traced]) {
    assert.ok(loaded.some((url) => url.endsWith('/journal/reader.ts')))
    assert.deepEqual(
      loaded.filter((url) => servers.test(url)),
      [],
    )
  }
})
