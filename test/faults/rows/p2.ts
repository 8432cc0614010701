/**
 * P2: a handler leaves something behind that fails after it has returned: a rejection, an exception in a timer, an emit that comes too late. What fails is told with its stop and event;
 * a rejection leaves the app running, an exception ends the process; and nothing that came too late takes effect.
 *
 * A case is a run of a program with twenty variants that an app survives, or with one that it does not. It counts variants.
 */
import { deadly, entriesOf, survivable } from '../programs/careless-places.ts'
import type { CarelessLife } from '../programs/careless-places.ts'
import { runToEnd } from '../real/child.ts'
import type { Ended } from '../real/child.ts'
import { casesOf, describe } from '../row.ts'
import type { Case, Row } from '../row.ts'

const together = 20

export const row: Row = {
  id: 'P2',
  title:
    'what a handler leaves behind fails later: told with stop and event, and nothing that comes too late takes effect',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    for await (const item of casesOf(context)) {
      try {
        await (item.number % 2 === 0 ? survive(item) : die(item))
      } catch (error) {
        context.violation(describe(error), item.number)
      }
      context.done(item.number % 2 === 0 ? together : 1)
    }
  },
}

const run = (life: CarelessLife): Promise<Ended> => runToEnd({ program: 'careless-app', life })

async function survive({ random }: Case): Promise<void> {
  const variants = Array.from({ length: together }, () => random.pick(survivable))
  const { code, lines, errors } = await run({ variants, afterMs: random.between(0, 30) })
  if (code !== 0 || !lines.includes('done')) throw new Error(`It ended with ${code}:\n${errors}`)
  for (const [index, variant] of variants.entries()) {
    const number = index + 1
    const logged = lines.filter((line) => line.startsWith(`logged ${number} `))
    const isTold = logged.every((line) => line.startsWith(`logged ${number} careless `))
    if (logged.length !== entriesOf(variant) || !isTold)
      throw new Error(`${variant} of event ${number} is in the error log ${logged.length} times: ${logged.join('; ')}`)
    if (lines.filter((line) => line === `emitted ${number}`).length !== 1)
      throw new Error(`Event ${number} was not emitted once`)
  }
  const late = lines.filter((line) => line.startsWith('emitted -') || line.startsWith('emitted late'))
  if (late.length > 0) throw new Error(`It came too late and took effect: ${late.join()}`)
}

async function die({ random }: Case): Promise<void> {
  const variant = random.pick(deadly)
  const { code, lines, errors } = await run({ variants: [variant], afterMs: random.between(0, 30) })
  if (code === 0 || lines.includes('done'))
    throw new Error(`${variant}: the process goes on after an exception that nobody caught`)
  const told = errors.split('\n').find((line) => line.startsWith('{') && line.includes('the process ends'))
  const { metrobus } = JSON.parse(told ?? '{}') as {
    readonly metrobus?: { readonly stop?: string; readonly event?: string }
  }
  if (metrobus?.stop !== 'careless' || metrobus.event !== 'e1')
    throw new Error(`${variant} is not told with its event:\n${errors}`)
}
