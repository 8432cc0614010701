import test from 'node:test'
import { SeededRandom, chooseSeed } from '../../testing/index.ts'
import { storeCasesFor } from '../conformance.ts'
import { memoryStores } from './index.ts'

const seed = chooseSeed()

for (const { name, run } of storeCasesFor(memoryStores()))
  test(`memory: ${name} (seed ${seed})`, () => {
    const random = new SeededRandom(seed)
    return run({ make: memoryStores, random: () => random.next() })
  })
