import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { MetrobusError } from '../errors/index.ts'
import { exitCodeOf } from './exit-code.ts'
import { Output } from './output.ts'
import type { OutputOptions } from './output.ts'

function stage(options: Partial<OutputOptions> = {}): {
  readonly output: Output
  readonly out: () => string
  readonly err: () => string
  readonly stdout: PassThrough
} {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const output = new Output({ stdout, stderr, json: false, quiet: false, verbose: false, color: false, ...options })
  const read = (stream: PassThrough) => (): string => String(stream.read() ?? '')
  return { output, out: read(stdout), err: read(stderr), stdout }
}

test('data goes to standard output, and all else to standard error', async () => {
  const { output, out, err } = stage()

  await output.line('data')
  output.note('a sentence')

  assert.equal(out(), 'data\n')
  assert.equal(err(), 'a sentence\n')
})

test('quiet leaves out sentences, and never a failure', () => {
  const { output, err } = stage({ quiet: true })

  output.note('a sentence')
  output.failure(new MetrobusError('MB_NOT_FOUND', { kind: 'topic', name: 'x' }))

  assert.equal(err(), 'MB_NOT_FOUND There is no topic "x".\n')
})

test('a failure shows its code, its sentence and every cause; the stack only when asked', () => {
  const cause = new Error('the disk is gone', { cause: new Error('EIO') })
  const error = new MetrobusError('MB_APP_MODULE_FAILED', { path: 'app.ts' }, { cause })
  const short = stage()
  const long = stage({ verbose: true })

  short.output.failure(error)
  long.output.failure(error)

  assert.equal(
    short.err(),
    'MB_APP_MODULE_FAILED The module app.ts failed while it was loaded.\n  because: the disk is gone\n  because: EIO\n',
  )
  assert.match(long.err(), /output\.test\.[jt]s/)
})

test('with JSON a failure is one document on standard error', () => {
  const { output, err } = stage({ json: true })

  output.failure(new MetrobusError('MB_NOT_FOUND', { kind: 'topic', name: 'x' }, { cause: new Error('why') }))

  assert.deepEqual(JSON.parse(err()), {
    error: { code: 'MB_NOT_FOUND', message: 'There is no topic "x".', causes: ['why'] },
  })
})

test('what is not ours has a code, too, and says how to learn more', () => {
  const { output, err } = stage()

  output.failure(new TypeError('x is not a function'))

  assert.equal(err(), 'MB_UNEXPECTED x is not a function\n  --verbose shows where.\n')
})

test('what another process answered keeps its own code, also for the exit code', () => {
  const { output, err } = stage()
  const error = new MetrobusError('MB_ANSWERED', {
    status: 404,
    code: 'MB_UNKNOWN_ENTRY',
    message: 'There is no entry "x".',
  })

  output.failure(error)

  assert.equal(err(), 'MB_UNKNOWN_ENTRY There is no entry "x".\n')
  assert.equal(exitCodeOf(error), 4)
})

test('a slow reader is waited for', async () => {
  const { output, stdout } = stage()
  const written = output.line('x'.repeat(100_000))
  let isThrough = false
  void written.then(() => {
    isThrough = true
  })

  await Promise.resolve()
  assert.equal(isThrough, false)
  stdout.resume()
  await written

  assert.equal(isThrough, true)
})

test('a progress bar is drawn for a terminal only, and never beside JSON', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true })

  assert.equal(stage().output.bar, undefined)
  assert.equal(stage({ stderr: terminal, json: true }).output.bar, undefined)
  assert.equal(stage({ stderr: terminal, quiet: true }).output.bar, undefined)
  assert.equal(stage({ stderr: terminal }).output.bar, terminal)
})

test('a table is cut to a terminal that knows its width, and to no other', async () => {
  const width = async (columns: number): Promise<number> => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns })
    const { output } = stage({ stdout })
    await output.table(['MESSAGE'], [['x'.repeat(100)]])
    return Math.max(
      ...String(stdout.read())
        .split('\n')
        .map((line) => line.length),
    )
  }

  assert.equal(await width(40), 40)
  assert.equal(await width(0), 100)
})
