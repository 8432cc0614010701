import { MissingTool, casesOf, describe } from '../row.ts'
import type { Case, RowContext } from '../row.ts'

/** Does cases as `eachCase` does, but so many at once: for those that mostly wait. */
export async function sideBySide(
  context: RowContext,
  width: number,
  one: (item: Case) => Promise<void>,
  total?: number,
): Promise<void> {
  const items = casesOf(context, total)
  const worker = async (): Promise<void> => {
    for await (const item of items) {
      try {
        await one(item)
      } catch (error) {
        if (error instanceof MissingTool) throw error
        context.violation(describe(error), item.number)
      }
      context.done()
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
