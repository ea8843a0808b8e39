import type { Faker } from '@faker-js/faker';
import type { SampleTexts } from './sample-locale.ts';

/** The commonest surnames, with the number of people of each in a hundred who have one of these. */
const surnames: readonly { readonly weight: number; readonly value: readonly [string, string] }[] = [
  { weight: 27, value: ['김', 'kim'] },
  { weight: 19, value: ['이', 'lee'] },
  { weight: 11, value: ['박', 'park'] },
  { weight: 6, value: ['최', 'choi'] },
  { weight: 6, value: ['정', 'jung'] },
  { weight: 3, value: ['강', 'kang'] },
  { weight: 3, value: ['조', 'cho'] },
  { weight: 3, value: ['윤', 'yoon'] },
  { weight: 3, value: ['장', 'jang'] },
  { weight: 3, value: ['임', 'lim'] },
  { weight: 2, value: ['한', 'han'] },
  { weight: 2, value: ['오', 'oh'] },
  { weight: 2, value: ['서', 'seo'] },
  { weight: 2, value: ['신', 'shin'] },
  { weight: 2, value: ['권', 'kwon'] },
  { weight: 2, value: ['황', 'hwang'] },
  { weight: 2, value: ['안', 'ahn'] },
  { weight: 2, value: ['송', 'song'] },
];

const givenNames = [
  ['민준', 'minjun'],
  ['서연', 'seoyeon'],
  ['도윤', 'doyun'],
  ['지우', 'jiwoo'],
  ['하준', 'hajun'],
  ['서윤', 'seoyun'],
  ['지호', 'jiho'],
  ['지민', 'jimin'],
  ['현우', 'hyunwoo'],
  ['수빈', 'subin'],
  ['준서', 'junseo'],
  ['예은', 'yeeun'],
  ['건우', 'gunwoo'],
  ['은지', 'eunji'],
  ['성민', 'sungmin'],
  ['지현', 'jihyun'],
  ['동현', 'donghyun'],
  ['유진', 'yujin'],
  ['상훈', 'sanghoon'],
  ['혜진', 'hyejin'],
  ['재원', 'jaewon'],
  ['소영', 'soyoung'],
  ['태현', 'taehyun'],
  ['나영', 'nayoung'],
  ['승호', 'seungho'],
  ['미경', 'mikyung'],
  ['영수', 'youngsoo'],
  ['정희', 'junghee'],
] as const;

const companyNames = [
  ['한빛', 'hanbit'],
  ['대성', 'daesung'],
  ['미래', 'mirae'],
  ['우진', 'woojin'],
  ['동방', 'dongbang'],
  ['세종', 'sejong'],
  ['가온', 'gaon'],
  ['다솜', 'dasom'],
  ['누리', 'nuri'],
  ['청솔', 'cheongsol'],
  ['태양', 'taeyang'],
  ['백두', 'baekdu'],
  ['한울', 'hanul'],
  ['새롬', 'saerom'],
] as const;

const companyTrades = [
  ['전자', 'electronics'],
  ['물산', 'trading'],
  ['건설', 'construction'],
  ['소프트', 'soft'],
  ['식품', 'foods'],
  ['정밀', 'precision'],
  ['로지스', 'logistics'],
  ['바이오', 'bio'],
  ['디자인', 'design'],
  ['에너지', 'energy'],
] as const;

const roads = [
  '서울특별시 강남구 테헤란로',
  '서울특별시 마포구 월드컵북로',
  '서울특별시 영등포구 여의대로',
  '서울특별시 성동구 아차산로',
  '부산광역시 해운대구 센텀중앙로',
  '대구광역시 수성구 동대구로',
  '인천광역시 연수구 송도과학로',
  '대전광역시 유성구 대학로',
  '광주광역시 서구 상무중앙로',
  '경기도 성남시 분당구 판교역로',
  '경기도 수원시 영통구 광교로',
  '제주특별자치도 제주시 첨단로',
] as const;

/** Sample data of a Korean company. */
export const korean: SampleTexts = {
  departments: {
    MGMT: '경영지원본부',
    SALES: '영업본부',
    'SALES-KR': '국내영업팀',
    'SALES-INT': '해외영업팀',
    DEV: '개발팀',
    OPS: '운영팀',
  },
  branches: {
    SEOUL: { name: '서울 본사', address: '서울특별시 강남구 테헤란로 152' },
    BUSAN: { name: '부산 지사', address: '부산광역시 해운대구 센텀중앙로 55' },
  },
  roles: { team_lead: '팀장', auditor: '감사 담당', sales: '영업 담당', personnel: '인사 담당' },
  firstPeople: [
    { fullName: '김민준', latin: 'kim.minjun' },
    { fullName: '김서연', latin: 'kim.seoyeon' },
    { fullName: '이도윤', latin: 'lee.doyun' },
    { fullName: '박지우', latin: 'park.jiwoo' },
    { fullName: '김현우', latin: 'kim.hyunwoo' },
  ],
  positions: ['사원', '주임', '대리', '과장', '차장', '부장'],
  industries: ['제조', '유통', '건설', '소프트웨어', '식품', '물류', '의료'],
  tags: ['우수고객', '신규', '재계약', '전시회', '소개'],
  dealTitles: [
    'ERP 도입',
    '정기 납품 계약',
    '유지보수 계약 갱신',
    '신규 설비 공급',
    '클라우드 전환',
    '교육 프로그램',
  ],
  lostReasons: ['예산이 부족함', '경쟁사를 선택함', '도입이 연기됨'],
  activitySubjects: {
    CALL: ['견적 문의 통화', '납기 확인 통화'],
    MEETING: ['제안 발표', '계약 조건 협의'],
    MAIL: ['견적서 발송', '자료 요청 회신'],
    TASK: ['계약서 초안 작성', '샘플 발송'],
    NOTE: ['담당자가 바뀜', '내년도 예산을 검토 중'],
  },
  assets: [
    { code: 'NB', name: '노트북', price: 1_850_000 },
    { code: 'MN', name: '27인치 모니터', price: 420_000 },
    { code: 'PH', name: '업무용 휴대전화', price: 980_000 },
  ],
  leaveReasons: ['개인 사정', '가족 여행', '병원 진료'],
  correctionReason: '출근 기록을 잊었습니다.',
  banks: ['국민은행', '신한은행', '우리은행', '하나은행', '농협은행'],
  money: (faker) => ({ currency: 'KRW', amount: faker.number.int({ min: 10, max: 900 }) * 100_000 }),
  name(faker) {
    const [surname, latinSurname] = faker.helpers.weightedArrayElement(surnames);
    const [given, latinGiven] = faker.helpers.arrayElement(givenNames);
    return { fullName: `${surname}${given}`, latin: `${latinSurname}.${latinGiven}` };
  },
  company(faker) {
    const [name, latinName] = faker.helpers.arrayElement(companyNames);
    const [trade, latinTrade] = faker.helpers.arrayElement(companyTrades);
    const isStockCompany = faker.datatype.boolean(0.8);
    return {
      name: isStockCompany ? `㈜${name}${trade}` : `${name}${trade}`,
      latin: `${latinName}-${latinTrade}`,
    };
  },
  address: (faker) => `${faker.helpers.arrayElement(roads)} ${faker.number.int({ min: 1, max: 400 })}`,
  // Subscribers' numbers begin with 2 to 9.
  mobilePhone: (faker) => `010-0${faker.string.numeric(3)}-${faker.string.numeric(4)}`,
  officePhone: (faker) =>
    `${faker.helpers.arrayElement(['02', '031', '051'])}-0${faker.string.numeric(2)}-${faker.string.numeric(4)}`,
  businessNumber,
  residentNumber,
};

const businessWeights = [1, 3, 7, 1, 3, 7, 1, 3, 5];

/** No business has 00 as its fourth and fifth digit; the check digit is right. */
function businessNumber(faker: Faker): string {
  const digits = `${faker.number.int({ min: 101, max: 999 })}00${faker.string.numeric(4)}`;
  const products = businessWeights.map((weight, place) => weight * Number(digits[place]));
  const carried = Math.floor((5 * Number(digits[8])) / 10);
  const sum = products.reduce((total, product) => total + product, carried);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

const residentWeights = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];

/** Its check digit is wrong, which it may not be for anybody born before October 2020. */
function residentNumber(faker: Faker, birthDate: string): string {
  const [year = '', month = '', day = ''] = birthDate.split('-');
  const sex = faker.number.int({ min: 1, max: 2 }) + (Number(year) < 2000 ? 0 : 2);
  const digits = `${year.slice(2)}${month}${day}${sex}${faker.string.numeric(5)}`;
  const sum = residentWeights.reduce((total, weight, place) => total + weight * Number(digits[place]), 0);
  const check = (11 - (sum % 11)) % 10;
  return `${digits.slice(0, 6)}-${digits.slice(6)}${(check + 5) % 10}`;
}
