import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { Output } from './output.ts'
import { progressBar } from './progress.ts'

async function drawn(isTTY: boolean): Promise<string> {
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 80 })
  const output = new Output({
    stdout: new PassThrough(),
    stderr,
    json: false,
    quiet: false,
    verbose: false,
    color: false,
  })
  {
    using bar = await progressBar(output, 'replayed')
    bar.at(1, 4)
    bar.at(4, 4)
  }
  // Newer Nodes hand out one write at a time.
  let text = ''
  for (let chunk = stderr.read() as Buffer | null; chunk !== null; chunk = stderr.read() as Buffer | null)
    text += chunk.toString()
  return text
}

test('long work is drawn for somebody who watches, and for nobody else', async () => {
  assert.match(await drawn(true), /\d+ % \| \d\/4 replayed/)
  assert.equal(await drawn(false), '')
})

test('a bar that has nothing to show draws nothing and ends', async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true })
  const output = new Output({
    stdout: new PassThrough(),
    stderr,
    json: false,
    quiet: false,
    verbose: false,
    color: false,
  })

  const bar = await progressBar(output, 'replayed')
  bar.end()
  bar.end()

  assert.equal(stderr.read(), null)
})
