/** The campaign under test: no broker, no waiting, and what it needs is faked. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drop } from '../../src/index.ts'
import { given, numberOfTimes, simulate } from '../../src/testing/index.ts'
import { contactCampaign } from './app.ts'
import type { Mailable } from './schemas.ts'

const contact = { accountId: 'a-1', campaign: 'spring-sale', firstName: 'Ada', lastName: 'Lovelace' }

/** Keeps a ride once, as the real one does. */
class FakeArchive {
  readonly rides = new Map<string, Mailable>()

  async put(ride: string, contact: Mailable): Promise<void> {
    this.rides.set(ride, contact)
  }
}

const fakes = () => ({
  emails: new Map([
    ['a-1', 'ada@example.com'],
    ['a-2', 'grace@example.com'],
  ]),
  allowed: new Set(['a-1']),
  archive: new FakeArchive(),
})

test('a contact that may be mailed gets its address and is archived', async () => {
  const needs = fakes()

  await given(contactCampaign(needs))
    .when('contacts', contact, { id: 'c-1' })
    .thenRides('mailing')
    .thenPasses('add-email', 'white-list', 'archive')

  assert.equal(needs.archive.rides.get('c-1')?.email, 'ada@example.com')
})

test('who is not on the white list gets notices and nothing else', async () => {
  const grace = { ...contact, accountId: 'a-2' }

  await given(contactCampaign(fakes()))
    .when('contacts', grace)
    .thenPasses('add-email', 'white-list')
    .thenAnswers(drop('not-white-listed'))
    .when('contacts', { ...grace, campaign: 'terms-update' })
    .thenRides('notice')
    .thenPasses('add-email', 'archive')
})

test('what is no contact is refused', async () => {
  const nobody = { ...contact, accountId: '' }

  await given(contactCampaign(fakes())).when('contacts', nobody).thenRefuses('MB_INVALID_EVENT')
})

test('a contact waits for an archive that cannot be written, for half an hour if need be', async () => {
  const needs = fakes()
  const full = { left: 80 }
  const archive = {
    put: async (ride: string, one: Mailable): Promise<void> => {
      if (full.left-- > 0) throw new Error('no space')
      await needs.archive.put(ride, one)
    },
  }

  const { tries } = await given(contactCampaign({ ...needs, archive })).when('contacts', contact)

  assert.equal(needs.archive.rides.size, 1)
  assert.ok(tries.at(-1)!.at > 30 * 60_000)
})

test('a contact is archived once, however often it comes again', async () => {
  const needs = fakes()

  await given(contactCampaign(needs)).when('contacts', contact, numberOfTimes(3))

  assert.equal(needs.archive.rides.size, 1)
})

test('the campaign stands crashes, redeliveries, delays and restarts', async () => {
  const other = { ...contact, accountId: 'a-2', campaign: 'terms-update' }

  await simulate(contactCampaign, {
    fakes,
    events: { contacts: [contact, other, contact, other] },
    observe: ({ archive }) => archive.rides,
  })
})
