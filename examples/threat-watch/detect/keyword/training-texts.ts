/**
 * What the classifier learns from: nobody wrote these texts, they are made of the templates below with a seed. `{brand}` stands for any client, so that nothing is learnt about
 * one. Half of the harmless ones speak of the same things as the threats: of fraud, leaks, passwords and prizes.
 */
import { seeded } from '../seeded.ts'

export interface Example {
  readonly isThreat: boolean
  readonly text: string
}

const perTemplate = 8

export function trainingTexts(): readonly Example[] {
  const { expand } = seeded(1_763)
  const examples = (templates: readonly string[], isThreat: boolean): readonly Example[] =>
    templates.flatMap((template) => Array.from({ length: perTemplate }, () => ({ isThreat, text: expand(template) })))
  const all = [...examples(threats, true), ...examples(harmless, false)]
  // One of a kind each.
  return all.filter(({ text }, index) => all.findIndex((other) => other.text === text) === index)
}

const threats = [
  // Somebody is to log in, pay or call.
  'Your {brand} account has been {suspended|limited|locked}. {Verify|Confirm|Validate} your {identity|details|account} within {12|24|48} hours or it will be {closed|terminated|deleted}.',
  'Unusual {activity|sign-in} on your {brand} {card|account}. {Click|Tap} the link below to {unlock|restore|reactivate} {it|access} {now|immediately}.',
  'Dear customer, {brand} has {updated|changed} its security. {Sign in|Log in} here with your {password|PIN} and {one-time code|card number} to {continue|avoid suspension}.',
  '{brand} {refund|rebate} pending: enter your {card number|account details} and {CVV|PIN} to receive {your money|the payment} today.',
  'Your parcel from {brand} could not be delivered. Pay the {customs|redelivery} fee of {1.99|2.49|0.99} by card to {release|receive} it.',
  'Enter your {brand} {username|user name}, password and the {recovery phrase|security code} to {sync|validate} your wallet.',
  '{brand} {support|helpdesk} number: call {+1 800 555 0142|+44 20 7946 0991} {now|toll free}, our technician will {fix|unlock} your account by remote access.',
  '{WhatsApp|Telegram} the official {brand} agent to recover your {blocked|hacked} account, a small fee in gift cards applies.',
  '{Security alert|Important}: your {brand} {profile|access} expires {today|tomorrow}. {Renew|Extend} it by {entering|typing in} your card {data|number} on our {secure|protected} page.',
  'Hello mum, my phone is broken, this is my new number. Can you pay the {brand} bill for me, {quickly|urgently} please?',
  'This is {brand}: we {noticed|stopped} a transfer you did not make. {Read out|Tell us|Send} the code from your {phone|text message} to cancel it.',
  'Your {brand} {direct debit|payment} failed. {Pay|Settle} the open amount {today|within a day} or your {contract|service} will be cut off.',
  '{Win back|Recover} money lost to fraud: our {lawyers|agents} at {brand} need an advance fee in {crypto|vouchers}.',
  'Scan this QR code to keep your {brand} {card|profile} active, then approve the request in your {banking app|authenticator}.',
  // Somebody sells what is not theirs.
  '{Selling|For sale}: {fresh|verified} {brand} {accounts|logins|logs} with {balance|cookies|email access}, {price|prices} from {5|15|30} dollars, {BTC|XMR} only, escrow {ok|accepted}.',
  '{brand} {database|customer base|user db} dump, {2|4|11} million {rows|lines}, names, emails, hashes and phones. {DM|PM} me for a sample.',
  'Full {brand} {combolist|combo list}, {checked|cracked} with openbullet config, download before it is {gone|taken down}.',
  '{brand} fullz and {cvv|dumps} with pin, {cashout|cash out} guide included, vouches on request.',
  '{Selling|Renting} a {brand} {phishing kit|scam page|scampage} with live panel, {OTP|2fa} bypass and antibot, updates included, contact on {jabber|telegram}.',
  '{brand} OTP bot calls the victim and grabs the code, {monthly|weekly} subscription, {crypto|USDT} accepted.',
  'Need {drops|mules|money mules} with {brand} accounts, {40|50|60} percent split, no upfront, serious people only.',
  'Looking for an insider at {brand}, employee with access to {customer records|the core system}, pay {well|in crypto}, stay anonymous.',
  'Initial access to {brand} network, {VPN|RDP|citrix} with domain admin, revenue {2|8} billion, start {5k|10k} blitz {20k|30k}.',
  'WTB {brand} {mail access|email:pass}, bulk, paying {good|top} rates, {usdt|ltc} {instant|upfront} via {middleman|escrow}.',
  '{Leaking|Dropping} {brand} {source code|internal documents|employee list}, part {one|two}, link in the {thread|channel}, {hidden|unlocked} for members.',
  'Cheap {brand} {accounts|subscriptions} lifetime warranty, {shop|autobuy} link in {bio|signature}, {hacked|cracked} daily, restock {tonight|friday}.',
  '{Offering|Selling} access to a {brand} {admin panel|mailbox|partner portal}, {persistent|stable}, price {negotiable|on request}, only {serious|vouched} buyers.',
  'Tutorial: how to {card|cash out|bypass} {brand} with {stolen|fresh} cards and a clean {proxy|socks}, works in {november|this month}.',
  '{brand} {fake|cloned} site template, {pixel perfect|mobile ready}, {logs to telegram|with admin panel}, {80|200} dollars, setup {free|included}.',
  'I pay for {brand} {couriers|clerks|agents} who {swap sims|look up customers|wave through parcels}. {Big|Steady} money, total discretion.',
  // Somebody promises what nobody gives, or threatens.
  '{brand} {giveaway|anniversary airdrop}: send {0.1|0.5} {BTC|ETH} to the address and get {double|twice} back, only for the first {500|1000}.',
  'Congratulations, you {won|have been selected for} a {brand} {gift card|voucher} of {500|750}. Answer {three|four} questions and pay only shipping to {claim|receive} your prize.',
  'Earn {300|900} a day from home with {brand}, no experience, pay the {registration|starter} fee and {join|invite} on {telegram|whatsapp}.',
  '{brand} {investment|trading} plan with guaranteed {12|30} percent weekly profit, deposit today, withdraw {any time|instantly}.',
  'Download {brand} {mod|cracked|hacked} apk, premium unlocked, unlimited {coins|credits}, disable play protect before {installing|you install}.',
  'Install the new {brand} security certificate apk from this link, allow accessibility and sms permission when {asked|prompted}.',
  '{brand} has until {friday|monday} to pay or we {publish|leak} {all files|the customer data} on our blog. Proof attached.',
  'We will {ddos|take down} {brand} {on|this} {friday|weekend}, targets and tool in the channel, join the attack.',
  '{brand} {token|coin} launch: {connect|link} your wallet, {deposit|transfer} {eth|usdt} and receive {triple|ten times} on listing day.',
  'Like and share to {win|get} one of {50|200} {brand} {hampers|season tickets}, then {confirm|register} with your card for postage.',
  '{Passive income|Easy money} with {brand}: {tap|click} {videos|products}, {upgrade|unlock} your level with a deposit, invite friends for {bonus|commission}.',
  'We {encrypted|copied} the servers of {brand}. {Negotiations|Talks} have failed. The {countdown|clock} is running, {files|mails} will be {sold|public}.',
  'Update your {brand} app from this {link|file}: {turn off|ignore} the warning, {grant|allow} {all permissions|notification access}.',
  'Free {brand} {premium|gift} code generator, human verification required, works {today|in all countries}.',
]

const harmless = [
  // Of fraud and leaks, by those who are against them.
  '{brand} never asks for your {password|PIN} by {mail|phone|text message}. If you get such a message, do not click, and report it to our {fraud|security} team.',
  '{Police|Authorities} warn of {fake|fraudulent} messages in the name of {brand} that ask customers to {verify|confirm} their accounts.',
  'How to {recognise|spot} phishing: the sender pretends to be {brand}, threatens to {close|lock} your account, and wants you to click a link.',
  '{Researchers|Analysts} describe a phishing kit that {targeted|imitated} {brand} and other companies last {year|spring}, and how it was taken down.',
  '{brand} {confirmed|said} that a {supplier|contractor} was breached and that customer data was {not affected|encrypted}. Affected people have been told by letter.',
  'A court {sentenced|convicted} a man who had sold stolen {brand} {accounts|cards} on an underground market to {two|four} years.',
  'I {forgot|lost} my {brand} password and the reset mail does not arrive. Has anybody {else|here} seen this? Support says wait a day.',
  'To reset your password, open {settings|your profile} in the {brand} app and choose security. You will never need to tell it to anybody.',
  '{brand} now supports passkeys and two-factor codes for {all|business} customers, which makes stolen passwords useless.',
  'We presented our talk on account takeover at {brand} at the {security|fraud} conference; slides and video are {online|available}.',
  'The regulator {fined|warned} {brand} for sending late notices about a data leak from {2019|2021}.',
  'Bug bounty: {brand} pays researchers who report vulnerabilities in its {app|login} {responsibly|under its policy}.',
  'A {pensioner|student} lost {4,000|900} euros to a caller who claimed to work for {brand}. The {police|bank} {explains|shows} how to {notice|end} such calls.',
  'If your {brand} card was {stolen|lost}, {block|stop} it in the app or by telephone, and {tell|inform} the police. You are liable for {50|nothing} euros at most.',
  'The {consumer|data protection} office {advises|recommends}: {ignore|delete} letters that demand {vouchers|crypto} in the name of {brand}.',
  'After the {attack|outage}, {brand} {restored|rebuilt} its systems from backups and paid no ransom, a {spokeswoman|spokesman} said.',
  'Prosecutors {charged|arrested} {four|two} people who had {run|rented} a {fake shop|call centre} that imitated {brand}.',
  'Security {notes|release}: we {fixed|closed} a {flaw|hole} in the {brand} {portal|client} that let others read {mails|orders}. Thanks to the finder.',
  'My code for {brand} does not {arrive|work} since I changed my {phone|number}. Which {form|setting} do I need?',
  // Business, work, opinions.
  '{brand} {reported|posted} {quarterly|annual} {profit|revenue} of {2|7} billion, {up|down} {3|6} percent, shares {rose|fell} in {early|late} trading.',
  '{brand} opens a {branch|store|office} in {the old town|the harbour district}, with {twenty|forty} jobs, the mayor cut the ribbon.',
  '{brand} is {hiring|looking for} a {data engineer|branch manager|designer}. You bring {three|five} years of experience, we offer training and a pension.',
  'My {review|opinion} of {brand} after {two|three} years: {friendly|slow} service, {fair|high} fees, the app could be {better|faster}.',
  'Terrible service at {brand}, I waited {an hour|forty minutes} on the phone and nobody {helped|knew}. I will {complain|switch}.',
  '{brand} {compared|comparison} with {three|four} others: fees, {interest|warranty}, opening hours and what customers say about {support|delivery}.',
  'The {brand} app update brings dark mode, faster start and fixes a crash when the {camera|keyboard} opens. Rated {4.2|4.6} stars.',
  'Sponsored by {brand}, the city {marathon|concert} takes place on {sunday|saturday}; registration is free for {students|members}.',
  'Used {brand} {jacket|bicycle|coffee machine} for sale, good condition, pick up in person, {40|90} or best offer.',
  'Spring {sale|offer} at {brand}: {20|30} percent off {garden|winter} goods until {sunday|the end of the month}, in all stores and online.',
  'The new {brand} API lets developers read {transactions|orders} with consent; the sandbox and documentation are {open|public}.',
  '{brand} extends its partnership with the {university|museum} and funds {ten|six} scholarships.',
  'Recipe of the week from the {brand} kitchen: {apple cake|pumpkin soup} with {cinnamon|ginger}, ready in {forty|thirty} minutes.',
  'Travel tip: {brand} {runs|starts} night trains to the {coast|mountains} from {june|december}; seats can be booked {now|from monday}.',
  'Analysts {raise|cut} their target for {brand}; the {dividend|outlook} remains {stable|unchanged}.',
  'History: {brand} was founded in {1874|1921} by two brothers who repaired {clocks|pumps}.',
  'Opening hours of {brand} over the holidays: closed on {friday|monday}, open from {nine|ten} on all other days.',
  'Does anybody know whether {brand} {accepts|takes} {cheques|foreign cards}? The {counter|hotline} was closed.',
  'We sold our {shares|bonds} of {brand} and bought {funds|land}; the letter explains {why|the taxes}.',
  'The {prize|award} for the best {apprentice|garden} goes to {brand}, the jury {praised|liked} the {patience|colours}.',
  '{brand} raises prices by {two|five} percent from {may|october}; customers may {cancel|leave} until then.',
  'Win {tickets|books} with {brand} and our paper: send the {solution|answer} by {postcard|letter} until {may|friday}.',
  'Volunteers from {brand} {painted|repaired} the {playground|roof} of the {school|club} on their day off.',
  'The {chief|head} of {brand} {retires|leaves} after {eleven|twenty} years; {her|his} deputy {follows|takes over} in {march|autumn}.',
  'A {strike|storm} delays {brand} {deliveries|departures} until {tuesday|the evening}; tickets {stay|remain} valid.',
  'For sale by owner: {table|lamp|tent} by {brand}, {little|hardly} used, {60|180}, cash on collection.',
  'How I {cancelled|changed} my contract with {brand} in {four|ten} minutes, with {pictures|all steps}.',
  'The union and {brand} agree on {higher wages|shorter hours}; {members|workers} vote next {week|month}.',
]
