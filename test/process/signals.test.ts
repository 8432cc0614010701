/** A signal drains the app and ends the process; a second one ends it at once. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly tookMs: number
}

/** Starts the program, and once its handler runs sends the signals, the later ones some time after the first. */
function run({
  takes,
  drain,
  signals,
}: {
  takes: number
  drain: number
  signals: readonly NodeJS.Signals[]
}): Promise<Exit> {
  const program = join(import.meta.dirname, 'programs', 'stopping.ts')
  const child = spawn(process.execPath, [program, String(takes), String(drain)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let output = ''
  let begun = 0
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    if (begun > 0 || !output.includes('running')) return
    begun = performance.now()
    for (const [index, signal] of signals.entries()) setTimeout(() => child.kill(signal), index * 300)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, output, tookMs: performance.now() - begun }))
  })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal} lets the running handler end, settles it, and exits with 0`, async () => {
    const { code, output } = await run({ takes: 700, drain: 20_000, signals: [signal] })

    assert.equal(code, 0)
    assert.match(output, /{"drained":true,"handled":1}/)
  })

test('a handler that does not end within the deadline is given up, and the process exits with 0', async () => {
  const { code, output, tookMs } = await run({ takes: 50_000, drain: 300, signals: ['SIGTERM'] })

  assert.equal(code, 0)
  assert.match(output, /{"drained":false,"handled":0}/)
  assert.ok(tookMs >= 300 && tookMs < 30_000, `${tookMs} ms`)
})

for (const [signal, expected] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)
  test(`a second ${signal} ends the process at once with ${expected}`, async () => {
    const { code, output, tookMs } = await run({ takes: 50_000, drain: 50_000, signals: ['SIGTERM', signal] })

    assert.equal(code, expected)
    assert.doesNotMatch(output, /drained/)
    assert.ok(tookMs < 30_000, `${tookMs} ms`)
  })
