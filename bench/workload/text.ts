/** Texts of given sizes, cut from pools that are made once: it costs nearly nothing, and compresses like text. */
import { prose, random } from '../prose.ts'
import { pick, type Random } from './draw.ts'
import { RATES } from './figures.ts'

/** Bytes. A pool is longer than what compressors look back on. */
const POOL = 4_000_000
const POOL_NON_LATIN = 500_000
const POOL_IMAGE = 4_000_000

const NON_LATIN = [
  '请 确认 您的 订单 号码 我们 将 尽快 处理 退款 申请 谢谢 您 的 耐心 等待 文件 错误 服务器 请求 代码 测试 通过',
  'ご注文 番号 を 確認 して ください 返金 処理 について お知らせ します ファイル が 見つかりません 予約 変更 ありがとう',
  'Пожалуйста подтвердите номер заказа возврат средств будет обработан файл не найден ошибка сервера бронирование спасибо',
  'يرجى تأكيد رقم الطلب سيتم معالجة استرداد المبلغ الملف غير موجود خطأ في الخادم تم تغيير الحجز شكرا لكم',
  'कृपया अपना ऑर्डर नंबर पुष्टि करें धनवापसी की प्रक्रिया फ़ाइल नहीं मिली सर्वर त्रुटि आरक्षण परिवर्तन धन्यवाद',
  '주문 번호를 확인해 주세요 환불 처리 파일을 찾을 수 없습니다 서버 오류 예약 변경 감사합니다 요청 응답',
].map((text) => text.split(' '))
const EMOJI = ['😀', '🎉', '✅', '❌', '🚀', '🤔', '👍🏽', '👩‍💻', '🇩🇪']
const CONTROL = ['\u0000', '\u001b', '\u0007', '\u0001']

const NAMES = ['status', 'amount', 'created_at', 'user_id', 'path', 'line', 'match', 'reservation', 'name', 'total']
const LINES: readonly ((next: Random) => string)[] = [
  (next) => `{"${pick(NAMES, next())}": "${token(next)}", "${pick(NAMES, next())}": ${number(next)}, "text": "${prose(40, next)}"}`,
  (next) => `src/${token(next)}/${token(next)}.py:${number(next)}:    def ${pick(NAMES, next())}_${token(next)}(self, ${pick(NAMES, next())}):`,
  (next) => `        return self.${pick(NAMES, next())}.get("${token(next)}", ${number(next)})  # ${prose(30, next)}`,
  (next) => `-rw-r--r-- 1 root root ${number(next)} Jan ${Math.ceil(next() * 28)} 11:${Math.floor(10 + next() * 49)} ${token(next)}.txt`,
  (next) => `${prose(90, next)}.`,
] // prettier-ignore

const number = (next: Random) => Math.floor(10 ** (next() * 6))
const token = (next: Random) => prose(4 + next() * 8, next).replaceAll(/\W/g, '_')

/** What agents say, what their tools find, and messages as a whole with what is not ASCII. */
export interface Texts {
  /** So many bytes of ASCII. */
  said(bytes: number): string
  /** The same of what tools give: lines of JSON, code and listings. */
  found(bytes: number): string
  /** So many bytes (a few more with emoji) in the script of the message that `flavour` begins. */
  flavoured(flavour: Flavour, bytes: number, from: 'said' | 'found'): string
  /** Of one message. */
  flavour(): Flavour
  /** So many characters of base64. */
  image(bytes: number): string
}

export type Flavour = 'plain' | 'emoji' | 'non-latin' | 'control'

interface Pools {
  said: string
  found: string
  /** UTF-8, one for each script. */
  nonLatin: Buffer[]
  image: string
}

/** The same for all seeds: what differs between them is which pieces are taken. */
let pools: Pools | undefined

function makePools(): Pools {
  const next = random(20_260_101)
  const found: string[] = []
  for (let size = 0; size < POOL; size += (found.at(-1)?.length ?? 0) + 1) found.push(pick(LINES, next())(next))
  const bytes = Uint8Array.from({ length: (POOL_IMAGE * 3) / 4 }, () => next() * 256)
  return {
    said: prose(POOL, next),
    found: found.join('\n').slice(0, POOL),
    nonLatin: NON_LATIN.map((words) => {
      const text: string[] = []
      for (let size = 0; size < POOL_NON_LATIN; size += 8) text.push(pick(words, next()))
      return Buffer.from(text.join(' '))
    }),
    image: Buffer.from(bytes).toString('base64'),
  }
}

export function texts(next: Random): Texts {
  const { said, found, nonLatin, image } = (pools ??= makePools())
  const pool = { said, found }
  const cut = (text: string, bytes: number) => {
    const start = Math.floor(next() * (text.length - bytes))
    return text.slice(start, start + bytes)
  }
  const flavoured: Texts['flavoured'] = (flavour, bytes, from) => {
    if (flavour === 'non-latin') return cutBytes(pick(nonLatin, next()), bytes, next)
    const text = cut(pool[from], bytes)
    if (flavour === 'plain') return text
    const at = Math.floor(next() * text.length)
    return text.slice(0, at) + pick(flavour === 'emoji' ? EMOJI : CONTROL, next()) + text.slice(at)
  }
  return {
    said: (bytes) => cut(said, bytes),
    found: (bytes) => cut(found, bytes),
    flavoured,
    flavour() {
      const u = next()
      if (u < RATES.nonLatin) return 'non-latin'
      if (u < RATES.nonLatin + RATES.emoji) return 'emoji'
      return u > 1 - RATES.controlCharacter ? 'control' : 'plain'
    },
    image: (bytes) => {
      const start = 4 * Math.floor((next() * (image.length - bytes)) / 4)
      return image.slice(start, start + 4 * Math.floor(bytes / 4))
    },
  }
}

/** Whole characters. What is larger than the pool (tool results can be) goes round it. */
function cutBytes(pool: Buffer, bytes: number, next: Random): string {
  const isInside = (at: number) => ((pool[at] as number) & 0xc0) === 0x80
  let text = ''
  for (let left = bytes; left > 0;) {
    const length = Math.min(left, pool.length >> 1)
    let start = Math.floor(next() * (pool.length - length))
    while (start > 0 && isInside(start)) start--
    let end = start + length
    while (end < pool.length && isInside(end)) end++
    text += pool.toString('utf8', start, end)
    left -= length
  }
  return text
}
