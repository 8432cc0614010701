import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { nodeDisk } from './node-disk.ts'

const module = new URL(`./node-lock${extname(import.meta.filename)}`, import.meta.url).href
/** Tries to take the lock, says how that went, and keeps it. */
const program = `
  const { lockFolder } = await import(${JSON.stringify(module)})
  const lock = await lockFolder(process.argv[1], 'process ' + process.pid)
  console.log(lock === undefined ? 'refused' : 'taken')
  if (lock !== undefined) setInterval(() => {}, 1000)
`

function folder(context: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-lock-'))
  context.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Starts a process that tries to take the lock. */
function start(context: TestContext, dir: string): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  context.after(() => child.kill('SIGKILL'))
  return child
}

async function answer(child: ChildProcess): Promise<string> {
  const [bytes] = (await once(child.stdout!, 'data')) as [Buffer]
  return bytes.toString().trim()
}

test('refuses the lock while this process has it, and gives it again after release', async (context) => {
  const dir = folder(context)
  const lock = await nodeDisk.lock(dir, 'the first')

  assert.equal(await nodeDisk.lock(dir, 'the second'), undefined)
  assert.equal(await nodeDisk.lockNote(dir), 'the first')
  await lock!.release()
  await lock!.release()

  const again = await nodeDisk.lock(dir, 'the third')
  assert.equal(await nodeDisk.lockNote(dir), 'the third')
  await again!.release()
})

test('what fails when the note is written leaves no lock behind, and what fails when it is emptied holds up no release', async (context) => {
  const dir = folder(context)
  // As on a full disk: the note cannot be written.
  mkdirSync(join(dir, 'lock.note'))
  await assert.rejects(nodeDisk.lock(dir, 'the first'), { code: 'EISDIR' })
  rmSync(join(dir, 'lock.note'), { recursive: true })

  const lock = await nodeDisk.lock(dir, 'the second')
  assert.ok(lock !== undefined)
  rmSync(join(dir, 'lock.note'))
  mkdirSync(join(dir, 'lock.note'))
  await lock.release()
  rmSync(join(dir, 'lock.note'), { recursive: true })

  const again = await nodeDisk.lock(dir, 'the third')
  assert.ok(again !== undefined)
  await again.release()
})

test('names the process that has it where nothing else was said', async (context) => {
  const dir = folder(context)

  const lock = await nodeDisk.lock(dir, '')

  assert.equal(await nodeDisk.lockNote(dir), `process ${process.pid}`)
  await lock!.release()
})

test('refuses the lock while another process has it, and has it back as soon as that process is killed', async (context) => {
  const dir = folder(context)
  const holder = start(context, dir)
  assert.equal(await answer(holder), 'taken')

  assert.equal(await nodeDisk.lock(dir, 'me'), undefined)
  assert.equal(await nodeDisk.lockNote(dir), `process ${holder.pid}`)
  holder.kill('SIGKILL')
  await once(holder, 'exit')

  const lock = await nodeDisk.lock(dir, 'me')
  assert.notEqual(lock, undefined)
  await lock!.release()
})

test('of processes that start at once exactly one gets the lock', async (context) => {
  for (let round = 0; round < 3; round++) {
    const dir = folder(context)
    const children = Array.from({ length: 6 }, () => start(context, dir))
    const answers = await Promise.all(children.map(answer))
    assert.equal(answers.filter((one) => one === 'taken').length, 1, answers.join())
    for (const child of children) child.kill('SIGKILL')
  }
})
