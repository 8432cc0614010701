import { Command, InvalidArgumentError } from 'commander'
import { MetrobusError } from '../../errors/index.ts'
import type { LimitChange, StopLimits } from '../../runtime/controls.ts'
import type { Context, Runner } from '../context.ts'
import { positive, wholeNumber } from '../parse.ts'
import { openTarget } from '../target.ts'

const manyMax = 1_000_000

interface LimitsOptions {
  readonly concurrency?: number
  readonly limit?: readonly At[]
  readonly rate?: readonly At[]
  readonly declared?: true
}

interface At {
  readonly at: number
  readonly value: number
}

/** `metrobus limits [stop]` */
export const command = (run: Runner): Command =>
  new Command('limits')
    .description('show how much of each stop runs at once, or change it while the app runs')
    .argument('[stop]', 'the stop that is to change')
    .option('--concurrency <n>', 'events at once, in each partition', wholeNumber(1, manyMax))
    .option(
      '--limit <at=n>',
      'of the limit at this place, from 0: events of one value at once',
      placed(wholeNumber(1, manyMax)),
    )
    .option('--rate <at=n>', 'of the limit at this place, from 0: events of one value a second', placed(positive))
    .option('--declared', 'back to what the code says')
    .action((stop: string | undefined, options: LimitsOptions, command: Command) =>
      run(command, async (context) => {
        const change = changeOf(options)
        if (change !== undefined && stop === undefined)
          throw new MetrobusError('MB_BAD_ARGUMENT', {
            argument: 'The stop',
            problem: 'that is to change is not named',
          })
        await using target = await openTarget(context)
        if (stop !== undefined && change !== undefined)
          return await show(context, [await target.client.limit(stop, change)])
        const limits = await target.client.limits()
        await show(
          context,
          limits.filter((one) => stop === undefined || one.stop === stop),
        )
      }),
    )

function changeOf({
  concurrency,
  limit = [],
  rate = [],
  declared,
}: LimitsOptions): LimitChange | 'declared' | undefined {
  if (declared === true) return 'declared'
  if (concurrency === undefined && limit.length === 0 && rate.length === 0) return undefined
  const limits = [
    ...limit.map(({ at, value }) => ({ at, limit: value })),
    ...rate.map(({ at, value }) => ({ at, rate: value })),
  ]
  return { ...(concurrency !== undefined && { concurrency }), ...(limits.length > 0 && { limits }) }
}

async function show({ output }: Context, limits: readonly StopLimits[]): Promise<void> {
  if (output.json) return output.document({ limits })
  const text = ({ concurrency, limits }: StopLimits['declared']): string =>
    [
      `${concurrency} at once`,
      ...limits.map(
        ({ limit, rate }, at) => `${at}: ${[limit ?? [], rate === undefined ? [] : `${rate}/s`].flat().join(', ')}`,
      ),
    ].join('; ')
  await output.table(
    ['STOP', 'NOW', 'IN THE CODE'],
    limits.map((one) => [one.stop, text(one), text(one.declared)]),
  )
}

/** `at=value`, gathered over repeated options. */
function placed(parse: (text: string) => number) {
  return (text: string, before: readonly At[] = []): readonly At[] => {
    const [, at, value] = /^(\d{1,3})=(.+)$/.exec(text) ?? []
    if (at === undefined || value === undefined) throw new InvalidArgumentError('Write place=number, such as 0=5.')
    return [...before, { at: Number(at), value: parse(value) }]
  }
}
