import { usernameSchema } from '../../auth/usernames.ts';
import { codeSchema } from '../../db/coded-rows.ts';
import { defineImport } from '../../entities/imports/import-definition.ts';
import { contacts } from './contact.service.ts';

/** The columns of a file of contacts. None of them becomes the primary one of its customer. */
export const contactImport = defineImport(
  contacts,
  'contact.import',
  {
    name: { names: ['name', '이름', '성명', '담당자명'] },
    customerId: {
      names: ['customerCode', '고객코드', '고객번호'],
      by: { column: 'code', schema: codeSchema },
    },
    title: { names: ['title', '직책', '직위', '직급'] },
    email: { names: ['email', '이메일', '메일'] },
    phone: { names: ['phone', '전화', '전화번호', '휴대전화', '연락처'] },
    note: { names: ['note', '비고', '메모'] },
    ownerId: {
      names: ['ownerUsername', '담당자', '담당자아이디'],
      by: { column: 'username', schema: usernameSchema },
    },
  },
  [],
);
