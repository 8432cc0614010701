/** The central topic: whatever a source finds goes in here, and whoever watches reads it. */
import { topic } from '../../src/index.ts'
import { Candidate } from './types.ts'

export const candidates = topic('candidates', { schema: Candidate, key: ({ host }) => host })
