/** Does nothing, and finds nothing. */
import type { Row } from '../row.ts'

export const row: Row = { id: 'J10', title: 'a row that does no case', tiers: 'PN', run: async () => undefined }
