import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { deadDiscard } from './dead-discard.ts'
import { deadEdit } from './dead-edit.ts'
import { deadList } from './dead-list.ts'
import { deadReplay } from './dead-replay.ts'
import { deadShow } from './dead-show.ts'
import { deadTry } from './dead-try.ts'

/** `metrobus dead` */
export const command = (run: Runner): Command =>
  new Command('dead')
    .description('look at the events given up, replay or discard them')
    .addCommand(deadList(run))
    .addCommand(deadShow(run))
    .addCommand(deadTry(run))
    .addCommand(deadEdit(run))
    .addCommand(deadReplay(run))
    .addCommand(deadDiscard(run))
