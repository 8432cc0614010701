/** The clients of the labelled set, and what is honestly named nearly like them. All are invented, and none of them is in the training texts or in the tests of the detectors. */
export interface LabelledBrand {
  readonly name: string
  readonly domain: string
  readonly app: string
  readonly trade: string
  readonly pitch: string
  /** Words and names that others have for reasons of their own, as domains. */
  readonly neighbours: readonly string[]
}

export const labelledBrands: readonly LabelledBrand[] = [
  {
    name: 'Northwick Savings',
    domain: 'northwick.example',
    app: 'Northwick Mobile',
    trade: 'bank',
    pitch:
      'Northwick Mobile shows every account at a glance, sends money to friends, stops lost cards and answers questions of savers by chat.',
    neighbours: ['northwich', 'northwind', 'northwalk', 'southwick', 'northwickpark', 'northwickschool'],
  },
  {
    name: 'Orbitalis Pay',
    domain: 'orbitalis.example',
    app: 'Orbitalis Wallet',
    trade: 'wallet',
    pitch:
      'Pay in shops and between phones with Orbitalis Wallet: split bills, collect stamps, keep tickets, and lock it with your face.',
    neighbours: ['orbital', 'orbitals', 'orbitalia', 'orbitalgames', 'orbis', 'vitalis'],
  },
  {
    name: 'Zentrix Telecom',
    domain: 'zentrix.example',
    app: 'My Zentrix',
    trade: 'telephone company',
    pitch:
      'My Zentrix counts your data, books roaming, shows invoices since 2019 and finds out why the line at home is slow.',
    neighbours: ['zentric', 'centrix', 'zentral', 'zentrium', 'xentrix', 'zentris'],
  },
  {
    name: 'Mooncart',
    domain: 'mooncart.example',
    app: 'Mooncart Groceries',
    trade: 'grocer',
    pitch:
      'Fill your basket with Mooncart Groceries until ten at night and find fresh bread, milk and flowers at your door at six.',
    neighbours: ['mooncat', 'moonchart', 'mooncraft', 'moonlight', 'mooncarts', 'gocart'],
  },
  {
    name: 'Harbour and Pine',
    domain: 'harbourpine.example',
    app: 'Harbour and Pine Rooms',
    trade: 'furniture maker',
    pitch:
      'Put a sofa of Harbour and Pine into your room by camera, choose cloth and wood, and see when the carrier comes.',
    neighbours: ['harbourline', 'harbourfine', 'harbourpier', 'alpine', 'harbourmaster', 'pinewood'],
  },
  {
    name: 'Kestrelia Air',
    domain: 'kestrelia.example',
    app: 'Kestrelia Boarding',
    trade: 'airline',
    pitch:
      'Check in, choose a seat by the window, and carry the boarding pass in Kestrelia Boarding, with gates and delays as they come.',
    neighbours: ['kestrel', 'kestrels', 'kestrella', 'kestreliana', 'castrelia', 'kestrel-watch'],
  },
  {
    name: 'Lumvo',
    domain: 'lumvo.example',
    app: 'Lumvo Energy',
    trade: 'power company',
    pitch:
      'Read the meter with Lumvo Energy, follow what the sun on your roof gives, and charge the car when power costs least.',
    neighbours: ['lumio', 'lumo', 'lumivo', 'lumos', 'volumvo', 'lumbo'],
  },
  {
    name: 'Fjordia Insurance',
    domain: 'fjordia.example',
    app: 'Fjordia Claims',
    trade: 'insurer',
    pitch:
      'Tell Fjordia Claims what happened with a photograph of the dent, see what is covered and where the next workshop is.',
    neighbours: ['fjord', 'fjordic', 'fjordland', 'fjordina', 'cordia', 'fjordtours'],
  },
]

/** What an honest third party calls itself. */
export const honestNames: readonly string[] = [
  'reviews',
  'fans',
  'museum',
  'repairs',
  'users',
  'collectors',
  'alumni',
  'forum',
]
/** What is put beside a name to catch somebody; not all of it is known to the detector. */
export const luringNames: readonly string[] = [
  'login',
  'secure',
  'verify',
  'account',
  'support',
  'update',
  'bonus',
  'refund',
  'kundenkonto',
  'helpline',
  'webaccess',
  'identity-check',
  'rewards',
  'service-center',
  'otp',
]
