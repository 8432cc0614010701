/** The system calls of a life that nobody disturbs: the points at which a row disturbs the others. */
import { rmSync } from 'node:fs'
import { runToEnd } from './child.ts'
import type { ChildOptions } from './child.ts'
import { oneThread, pointsOf, straced } from './strace.ts'
import type { Point } from './strace.ts'

/** Runs it once in `folder`, which is removed afterwards, and answers the calls that concern this folder. */
export async function measure(
  folder: string,
  calls: readonly string[],
  options: Pick<ChildOptions, 'program' | 'life'>,
): Promise<readonly Point[]> {
  const log = `${folder}.calls`
  const { code, errors } = await runToEnd({ ...options, before: straced({ log, calls }), env: oneThread })
  if (code !== 0) throw new Error(`It fails without any fault:\n${errors}`)
  const points = pointsOf(log, folder)
  rmSync(folder, { recursive: true })
  rmSync(log)
  return points
}
