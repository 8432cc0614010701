/**
 * Does one case of the random programs again, and prints what was broken and the end of its trace:
 *
 *     node test/simulation/replay.ts --seed 74 --world machine [--size large] [--wide] [--cut b1,b0-s2.limit] [--burst 3] [--only 1,5,9] [--trace 60]
 *
 * or runs many, and prints what they reached and, above all, what they did not:
 *
 *     node test/simulation/replay.ts --coverage --seeds 200
 */
import { parseArgs } from 'node:util'
import { runCase } from './program/run.ts'
import type { Size, WorldKind } from './program/schedule.ts'
import { describeFailure, failureOf, sweep } from './sweep.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    world: { type: 'string', default: 'machine' },
    size: { type: 'string', default: 'small' },
    wide: { type: 'boolean', default: false },
    burst: { type: 'string' },
    only: { type: 'string' },
    cut: { type: 'string' },
    trace: { type: 'string', default: '40' },
    coverage: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
  },
})

const size: Size = values.size === 'large' ? 'large' : 'small'

async function replay(seed: number, world: WorldKind): Promise<void> {
  const only = values.only?.split(',').map(Number)
  const result = await runCase({
    seed,
    world,
    size,
    isWide: values.wide,
    burstMax: Number(values.burst ?? Infinity),
    keepTrace: true,
    cuts: values.cut?.split(',') ?? [],
    ...(only && { only }),
  })
  console.log(JSON.stringify(result.program, null, 2))
  console.log(result.trace.slice(-Number(values.trace)).join('\n'))
  console.log(`${result.events} events, trace ${result.hash}`)
  if (result.violations.length === 0) return console.log('nothing was broken')
  const isWhole = only === undefined && values.cut === undefined
  console.log(isWhole ? describeFailure(await failureOf(result, true)) : result.violations.join('\n'))
  process.exitCode = 1
}

async function cover(): Promise<void> {
  const from = Number(values.from)
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => from + index)
  const { cases, events, failures, coverage } = await sweep({ seeds, size, isWide: values.wide })
  console.log(`${cases} cases, ${events} events, ${failures.length} failures`)
  for (const [name, count] of coverage.reached) console.log(`${String(count).padStart(8)}  ${name}`)
  console.log(`\nnever reached:\n${coverage.missed.join('\n')}`)
  for (const failure of failures) console.log(`\n${describeFailure(failure)}`)
  if (failures.length > 0) process.exitCode = 1
}

if (values.coverage) await cover()
else if (values.seed === undefined) throw new Error('say --seed N, or --coverage')
else await replay(Number(values.seed), values.world === 'cluster' ? 'cluster' : 'machine')
