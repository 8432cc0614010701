/** What strangers have written, read as far as it can be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from './decode.ts'
import { readFeed } from './read-feed.ts'
import { readListing } from './read-listing.ts'
import { readPage } from './read-page.ts'
import { robotsOf } from './robots.ts'

const url = 'http://a.example/dir/page'
const bytes = (...list: readonly number[]): Uint8Array => Uint8Array.from(list)

test('a page is decoded by its mark, its header or what it says within, and as UTF-8 when it says nothing', () => {
  const russian = bytes(0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2)
  const meta = Buffer.concat([Buffer.from('<meta charset="windows-1251">'), russian])
  const utf8 = Buffer.from('Grüße')

  const decoded = [
    decode(russian, 'text/html; charset=windows-1251'),
    decode(meta, 'text/html'),
    decode(Buffer.concat([bytes(0xff, 0xfe), Buffer.from('Grüße', 'utf16le')]), 'text/html; charset=latin1'),
    decode(Buffer.from('Grüße', 'latin1'), "text/html; charset='iso-8859-1'"),
    decode(utf8, 'text/html'),
    decode(utf8, 'text/html; charset=no-such-thing'),
  ]

  assert.deepEqual(
    decoded.map(({ text, charset }) => [text.replace(/<.*>/, ''), charset]),
    [
      ['Привет', 'windows-1251'],
      ['Привет', 'windows-1251'],
      ['Grüße', 'utf-16le'],
      ['Grüße', 'windows-1252'],
      ['Grüße', 'utf-8'],
      ['Grüße', 'utf-8'],
    ],
  )
  assert.ok(decoded.every(({ replaced }) => replaced === 0))
})

test('what is no text in its charset is replaced and counted', () => {
  const { text, replaced } = decode(Buffer.from('Grüße und Küsse', 'latin1'), 'text/html; charset=utf-8')

  assert.deepEqual([text, replaced], ['Gr\uFFFD\uFFFDe und K\uFFFDsse', 3])
})

test('a page is its title, its text, and where it leads', () => {
  const page = readPage(
    `<!doctype html><head><title>North &amp; South</title><base href="/b/"><meta name=Description content=" A  bank ">
     <link rel="shortcut icon" href=i.png><script>var x = '<p>no</p>'</script><style>p{}</style></head>
     <p>Log<b>in</b></p><p>now<input type=PASSWORD><a href=one#x>1</a><a href="//b.example/two">2</a><a href=one>3</a>
     <a href="javascript:x">4</a><a href="mailto:a@b">5</a><a rel=nofollow href=three>6</a>`,
    url,
  )

  assert.deepEqual(page, {
    title: 'North & South',
    description: 'A bank',
    text: 'Login now 123 456',
    links: ['http://a.example/b/one', 'http://b.example/two'],
    asksForPassword: true,
    rels: { shortcut: 'http://a.example/b/i.png', icon: 'http://a.example/b/i.png' },
    noFollow: false,
  })
})

test('broken markup is read as far as it goes', () => {
  const broken = readPage(
    '<p>one <a href=/x>two<p <b>three</i></title></html><p>four &#xfffff9; &nope; <a href="/y',
    url,
  )
  const deep = readPage(`up here ${'<div>'.repeat(300_000)}deep`, url)
  const flat = readPage(`${'<b>'.repeat(400)}${'</i>'.repeat(300_000)}deep`, url)
  const endless = readPage(`<title>${'x'.repeat(3_000_000)}`, url)
  const unclosed = readPage('<script>var x', url)

  assert.match(broken.text, /^one two .*four/)
  assert.deepEqual(broken.links, ['http://a.example/x'])
  assert.deepEqual([deep.text, flat.text], ['up here', 'deep'])
  assert.equal(endless.title.length, 1_000)
  assert.equal(unclosed.text, '')
})

test('text and links have bounds, and no half characters', () => {
  const links = Array.from({ length: 500 }, (_, index) => `<a href=/${index}>`).join('')
  const page = readPage(`${'🏦'.repeat(50)}${links}`, url, { textMax: 9, linksMax: 10 })

  assert.deepEqual([page.text, page.links.length], ['🏦🏦🏦🏦\uFFFD', 10])
})

test('a page may ask not to follow its links', () => {
  assert.ok(readPage('<meta name="robots" content="noindex, NOFOLLOW">', url).noFollow)
  assert.ok(!readPage('<meta name="robots" content="index">', url).noFollow)
})

test('feeds of each kind give their entries', () => {
  const rss = `<rss version="2.0"><channel><title>n</title><item><title>A &amp; B</title><link>/one</link>
    <description><![CDATA[<p>Hello <b>you</b></p>]]></description></item><item><title>no link</title></item></channel></rss>`
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>n</title><entry><title>A</title>
    <link href="http://b.example/two"/><summary>Hello</summary></entry></feed>`
  assert.deepEqual(readFeed(rss, url, 100), [{ url: 'http://a.example/one', title: 'A & B', text: 'Hello you' }])
  assert.deepEqual(readFeed(atom, url, 3), [{ url: 'http://b.example/two', title: 'A', text: 'Hel' }])
})

test('what is no feed, or one that was made to grow, is none', () => {
  const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('')
  const billion = `<!DOCTYPE rss [<!ENTITY l0 "ha">${laughs}]><rss version="2.0"><channel><title>&l9;</title><item><link>/x</link><title>&l9;</title></item></channel></rss>`

  assert.equal(readFeed('<html>', url, 100), undefined)
  assert.equal(readFeed('', url, 100), undefined)
  assert.equal(readFeed('{"version":', url, 100), undefined)
  const nested = `<rss version="2.0"><channel>${'<item>'.repeat(200_000)}`
  const unclosed = `<rss version="2.0"><channel><item><title>${'<b'.repeat(400_000)}`
  for (const source of [nested, unclosed]) assert.ok((readFeed(source, url, 100) ?? []).length <= 200)
  const read = readFeed(billion, url, 100)
  assert.ok(read === undefined || read.every(({ title }) => title.length <= 1_000))
})

test('a listing gives each app that can be read', () => {
  const app = { package: 'a.b', name: 'A', url: '/apps/a.b', icon: 'a.png', apk: 'file:///etc/passwd' }
  const source = JSON.stringify({ apps: [app, { ...app, name: 7 }, null, { ...app, url: 'javascript:x' }] })

  assert.deepEqual(readListing(source, url), {
    apps: [
      {
        package: 'a.b',
        name: 'A',
        developer: '',
        description: '',
        url: 'http://a.example/apps/a.b',
        iconUrl: 'http://a.example/dir/a.png',
        apkUrl: null,
      },
    ],
    faulty: 3,
  })
  for (const other of ['', '[]', '{"apps":{}}', '{', '[[[[']) assert.equal(readListing(other, url), undefined)
})

test('a host is visited where it may be, and as slowly as it asks', () => {
  const text =
    'User-agent: *\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 2\n\nUser-agent: other\nDisallow: /'
  const { mayVisit, delayMs } = robotsOf(text, url, 'watcher')

  assert.deepEqual(
    ['/', '/private', '/private/open', '/x?y'].map((path) => mayVisit(`http://a.example${path}`)),
    [true, false, true, true],
  )
  assert.equal(delayMs, 2_000)
  assert.equal(robotsOf('User-agent: *\nCrawl-delay: 1e9', url, 'watcher').delayMs, 60_000)
  for (const odd of ['', '\0\0', '<html>', 'Disallow', 'User-agent: *\nCrawl-delay: soon']) {
    const robots = robotsOf(odd, url, 'watcher')
    assert.deepEqual([robots.mayVisit(url), robots.delayMs], [true, 0], odd)
  }
})
