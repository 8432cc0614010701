/**
 * Finds out which sweep catches a mutant: for a new one, or when a sweep has changed and the place that the mutant names does not catch it any more.
 *
 *     node test/faults/mutants/find.ts no-chain --row J2 --row J5 --cases 500
 */
import { parseArgs } from 'node:util'
import { mutants } from './all.ts'
import { hunt } from './hunt.ts'
import type { Hunt, Mutant } from './mutant.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    row: { type: 'string', multiple: true },
    seed: { type: 'string' },
    first: { type: 'string', default: '0' },
    cases: { type: 'string', default: '300' },
    small: { type: 'boolean', default: false },
  },
})

/** In the rows that are asked for, or where each mutant says itself. */
const huntsOf = ({ hunt }: Mutant): readonly Hunt[] =>
  values.row?.map((sweep) => ({
    sweep,
    seed: Number(values.seed ?? 1),
    first: Number(values.first),
    cases: Number(values.cases),
    isSmall: values.small,
  })) ?? [values.seed === undefined ? hunt : { ...hunt, seed: Number(values.seed) }]

for (const mutant of mutants.filter(({ name }) => positionals.length === 0 || positionals.includes(name)))
  for (const sought of huntsOf(mutant)) {
    const { violation, number, error, seconds } = await hunt(mutant, sought)
    const verdict = error ?? (violation === undefined ? 'survives' : violation.split('\n').slice(0, 6).join(' '))
    console.log(
      `${mutant.name} ${sought.sweep} seed ${sought.seed} case ${number ?? '-'} ${seconds} s: ${verdict.slice(0, 400)}`,
    )
  }
