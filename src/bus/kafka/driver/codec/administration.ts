/** What is asked of a cluster about its topics. */
import { createTopicsV7, deleteRecordsV2, describeConfigsV4 } from '@platformatic/kafka'
import type { Api } from '../wire.ts'
import { ofClient } from './of-client.ts'

type Words<Codec extends { createRequest: (...words: never) => unknown }> = Parameters<Codec['createRequest']>
type Told<Codec extends { parseResponse: (...words: never) => unknown }> = ReturnType<Codec['parseResponse']>

/** Makes topics, or only says whether it would. */
export const createTopics: Api<Words<typeof createTopicsV7>, Told<typeof createTopicsV7>> = ofClient(
  'CreateTopics',
  19,
  7,
  createTopicsV7,
)

/** The settings of topics that are in force. */
export const describeConfigs: Api<Words<typeof describeConfigsV4>, Told<typeof describeConfigsV4>> = ofClient(
  'DescribeConfigs',
  32,
  4,
  describeConfigsV4,
)

/** Moves the beginning of partitions; goes to their leaders. */
export const deleteRecords: Api<Words<typeof deleteRecordsV2>, Told<typeof deleteRecordsV2>> = ofClient(
  'DeleteRecords',
  21,
  2,
  deleteRecordsV2,
)
