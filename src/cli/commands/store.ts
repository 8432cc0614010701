import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { storeGet } from './store-get.ts'
import { storeRange } from './store-range.ts'

/** `metrobus store` */
export const command = (run: Runner): Command =>
  new Command('store').description('look at the rows of a store').addCommand(storeGet(run)).addCommand(storeRange(run))
