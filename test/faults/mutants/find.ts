/**
 * Finds out which sweep catches a mutant: for a new one, or when a sweep has changed and the place that the mutant names does not catch it any more.
 *
 *     node test/faults/mutants/find.ts no-chain --row J2 --row J5 --cases 500
 */
import { parseArgs } from 'node:util'
import { mutants } from './all.ts'
import { hunt } from './hunt.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    row: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    cases: { type: 'string', default: '300' },
    small: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const first = Number(values.first)
const cases = Number(values.cases)

for (const mutant of mutants.filter(({ name }) => positionals.length === 0 || positionals.includes(name)))
  for (const sweep of values.row ?? [mutant.hunt.sweep]) {
    const { violation, number, error, seconds } = await hunt(mutant, {
      sweep,
      seed,
      first,
      cases,
      isSmall: values.small,
    })
    const verdict = error ?? (violation === undefined ? 'survives' : violation.split('\n').slice(0, 6).join(' '))
    console.log(`${mutant.name} ${sweep} seed ${seed} case ${number ?? '-'} ${seconds} s: ${verdict.slice(0, 400)}`)
  }
