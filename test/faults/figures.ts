/**
 * How many cases of each row are wanted, by tier. What a case is, its row says: a kill, an image, a flip, a graph. `sweep` is every point that the row has, once.
 * A row that is not in a tier (0 here) does not run in it.
 */
import type { Tier } from './row.ts'

const sweep = Infinity

export const figures: Readonly<Record<string, Readonly<Record<Tier, number>>>> = {
  // The journal and its disk
  J1: { P: 300, N: 10_000 },
  J2: { P: 50_000, N: 1_000_000 },
  J3: { P: 0, N: 200 },
  J4: { P: 5000, N: 100_000 },
  J5: { P: 400, N: 10_000 },
  J6: { P: sweep, N: 1000 },
  J7: { P: sweep, N: 2200 },
  J8: { P: sweep, N: sweep },
  'J8-REAL': { P: sweep, N: 200 },
  J9: { P: 40, N: 2000 },
  J10: { P: sweep, N: sweep },
  J11: { P: 1000, N: 20_000 },
  J12: { P: 0, N: 20 },
  J13: { P: 20, N: 1000 },
  J14: { P: 0, N: 5000 },
  J15: { P: 0, N: sweep },
  // The process and its handlers
  P1: { P: 0, N: 1 },
  P2: { P: 50, N: 1000 },
  P3: { P: 0, N: 50 },
  P4: { P: 0, N: 200 },
  P5: { P: 0, N: 100 },
  P6: { P: 0, N: 200 },
  P7: { P: 0, N: 1 },
  P8: { P: 0, N: 100 },
  H1: { P: sweep, N: sweep },
  H2: { P: 5, N: 100 },
  H3: { P: sweep, N: sweep },
  H4: { P: 0, N: 20 },
  // Stores
  S1: { P: 200, N: 5000 },
  S2: { P: 200, N: 10_000 },
  // Routes, input, time, load
  R1: { P: 300, N: 10_000 },
  R2: { P: 0, N: 100 },
  R3: { P: 0, N: 5 },
  R4: { P: 5000, N: 100_000 },
  V2: { P: sweep, N: sweep },
  V4: { P: sweep, N: sweep },
  M1: { P: 0, N: 500 },
  L1: { P: 0, N: 1 },
  // Three brokers and their clients: `--bus kafka`
  K1: { P: 1, N: 20 },
  'P4-KAFKA': { P: 1, N: 50 },
  // Random programs, and what must be caught
  SEEDS: { P: 500, N: 10_000 },
  MUTANTS: { P: sweep, N: sweep },
}
