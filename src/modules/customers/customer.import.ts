import { usernameSchema } from '../../auth/usernames.ts';
import { defineImport } from '../../entities/imports/import-definition.ts';
import { message } from '../../errors/index.ts';
import { customers } from './customer.service.ts';
import { findSameKeys, sameKey } from './duplicate.service.ts';

/** The columns of a file of customers. */
export const customerImport = defineImport(
  customers,
  'customer.import',
  {
    code: { names: ['code', '코드', '고객코드', '고객번호'] },
    name: { names: ['name', '이름', '고객명', '회사명', '상호'] },
    kind: {
      names: ['kind', '구분', '고객구분'],
      words: { 법인: 'COMPANY', 회사: 'COMPANY', 기업: 'COMPANY', 개인: 'PERSON' },
    },
    businessNumber: { names: ['businessNumber', '사업자등록번호', '사업자번호'] },
    phone: { names: ['phone', '전화', '전화번호', '연락처'] },
    email: { names: ['email', '이메일', '메일'] },
    website: { names: ['website', '홈페이지', '웹사이트'] },
    address: { names: ['address', '주소'] },
    industry: { names: ['industry', '업종'] },
    size: {
      names: ['size', '규모', '기업규모'],
      words: { 소상공인: 'MICRO', 소기업: 'SMALL', 중소기업: 'SMALL', 중견기업: 'MEDIUM', 대기업: 'LARGE' },
    },
    status: {
      names: ['status', '상태'],
      words: { 잠재: 'LEAD', 잠재고객: 'LEAD', 거래중: 'ACTIVE', 휴면: 'DORMANT', 이탈: 'LOST' },
    },
    tags: { names: ['tags', '태그'] },
    ownerId: {
      names: ['ownerUsername', '담당자', '담당자아이디'],
      by: { column: 'username', schema: usernameSchema },
    },
  },
  ['code', 'businessNumber'],
  {
    column: 'phone',
    keyOf: sameKey,
    findKeys: findSameKeys,
    alikeToRow: message('field.csvDuplicateCustomer'),
    alikeToLine: (line) => message('field.csvSameCustomer', { line }),
  },
);
