/** Needs what is not there. */
import { MissingTool } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J5',
  title: 'a row without its tool',
  tiers: 'PN',
  run: () => Promise.reject(new MissingTool('breaker', 'breaker-utils')),
}
