/**
 * The GraphQL libraries' messages about a faulty document, variables or request, each with its Korean translation.
 * Names in braces stand for what the sentence quotes; a `reason` is itself a sentence of this list.
 */
export const koreanFaults: readonly (readonly [english: string, korean: string])[] = [
  // The parser.
  ['Syntax Error: {reason}', '문법 오류가 있습니다. {reason}'],
  ['Expected {wanted}, found {found}.', '{wanted} 자리에 다른 것이 있습니다: {found}'],
  ['Unexpected variable "{name}" in constant value.', '상수에는 변수를 쓸 수 없습니다: "{name}"'],
  [
    'Unexpected description, descriptions are not supported on shorthand queries.',
    '줄여 쓴 쿼리에는 설명을 붙일 수 없습니다.',
  ],
  [
    'Unexpected description, only GraphQL definitions support descriptions.',
    '설명은 GraphQL 정의에만 붙일 수 있습니다.',
  ],
  [
    'Unexpected single quote character (\'), did you mean to use a double quote (")?',
    '작은따옴표(\')는 쓸 수 없습니다. 큰따옴표(")를 사용해 주세요.',
  ],
  ['Unexpected character: {found}.', '예상하지 못한 문자가 있습니다: {found}'],
  ['Unexpected {found}.', '예상하지 못한 토큰이 있습니다: {found}'],
  ['Unterminated string.', '문자열이 닫히지 않았습니다.'],
  ['Invalid character within String: {found}.', '문자열에 쓸 수 없는 문자가 있습니다: {found}'],
  ['Invalid character: {found}.', '쓸 수 없는 문자가 있습니다: {found}'],
  [
    'Invalid number, unexpected digit after 0: {found}.',
    '올바른 숫자가 아닙니다. 0 다음에 다른 숫자가 있습니다: {found}',
  ],
  [
    'Invalid number, expected digit but got: {found}.',
    '올바른 숫자가 아닙니다. 숫자 자리에 다른 것이 있습니다: {found}',
  ],
  ['Invalid Unicode escape sequence: "{found}".', '올바른 유니코드 이스케이프가 아닙니다: "{found}"'],
  ['Invalid character escape sequence: "{found}".', '올바른 문자 이스케이프가 아닙니다: "{found}"'],
  [
    '{found} is reserved and cannot be used for an enum value.',
    '예약어는 열거형 값으로 쓸 수 없습니다: {found}',
  ],

  // Validation: operations and fragments.
  ['The {name} definition is not executable.', '실행할 수 없는 정의입니다: {name}'],
  [
    'There can be only one operation named "{name}".',
    '같은 이름의 오퍼레이션은 하나만 있을 수 있습니다: "{name}"',
  ],
  [
    'This anonymous operation must be the only defined operation.',
    '이름 없는 오퍼레이션은 문서에 오퍼레이션이 하나일 때만 쓸 수 있습니다.',
  ],
  [
    'Subscription "{name}" must select only one top level field.',
    '"{name}" 구독은 최상위 필드를 하나만 선택할 수 있습니다.',
  ],
  [
    'Anonymous Subscription must select only one top level field.',
    '구독은 최상위 필드를 하나만 선택할 수 있습니다.',
  ],
  [
    'Subscription "{name}" must not select an introspection top level field.',
    '"{name}" 구독은 최상위에서 스키마 조회 필드를 선택할 수 없습니다.',
  ],
  [
    'Anonymous Subscription must not select an introspection top level field.',
    '구독은 최상위에서 스키마 조회 필드를 선택할 수 없습니다.',
  ],
  [
    'Fragment cannot condition on non composite type "{type}".',
    '프래그먼트는 하위 필드가 있는 타입에만 쓸 수 있습니다: "{type}"',
  ],
  [
    'Fragment "{name}" cannot condition on non composite type "{type}".',
    '"{name}" 프래그먼트는 하위 필드가 있는 타입에만 쓸 수 있습니다: "{type}"',
  ],
  [
    'There can be only one fragment named "{name}".',
    '같은 이름의 프래그먼트는 하나만 있을 수 있습니다: "{name}"',
  ],
  ['Unknown fragment "{name}".', '존재하지 않는 프래그먼트입니다: "{name}"'],
  ['Fragment "{name}" is never used.', '사용하지 않는 프래그먼트가 있습니다: "{name}"'],
  [
    'Fragment cannot be spread here as objects of type "{outer}" can never be of type "{inner}".',
    '"{outer}" 타입은 "{inner}" 타입일 수 없으므로 여기에는 이 프래그먼트를 쓸 수 없습니다.',
  ],
  [
    'Fragment "{name}" cannot be spread here as objects of type "{outer}" can never be of type "{inner}".',
    '"{outer}" 타입은 "{inner}" 타입일 수 없으므로 여기에는 "{name}" 프래그먼트를 쓸 수 없습니다.',
  ],
  [
    'Cannot spread fragment "{name}" within itself.',
    '프래그먼트 안에서 자기 자신을 쓸 수 없습니다: "{name}"',
  ],
  [
    'Cannot spread fragment "{name}" within itself via {path}.',
    '프래그먼트 안에서 자기 자신을 쓸 수 없습니다: "{name}" (거치는 프래그먼트: {path})',
  ],

  // Validation: types, fields, arguments and directives.
  ['Unknown type "{type}".', '존재하지 않는 타입입니다: "{type}"'],
  ['Cannot query field "{field}" on type "{type}".', '"{type}" 타입에 "{field}" 필드가 없습니다.'],
  [
    'Field "{field}" must not have a selection since type "{type}" has no subfields.',
    '"{type}" 타입에는 하위 필드가 없으므로 "{field}" 필드의 하위 필드를 선택할 수 없습니다.',
  ],
  [
    'Field "{field}" of type "{type}" must have a selection of subfields.',
    '"{type}" 타입인 "{field}" 필드는 하위 필드를 선택해야 합니다.',
  ],
  [
    'Field "{field}" of type "{type}" must have at least one field selected.',
    '"{type}" 타입인 "{field}" 필드는 하위 필드를 하나 이상 선택해야 합니다.',
  ],
  [
    'Fields "{field}" conflict because {reason}. Use different aliases on the fields to fetch both if this was intentional.',
    '이름이 "{field}"인 필드가 서로 충돌합니다. {reason} 둘 다 필요하면 서로 다른 별칭을 붙여 주세요.',
  ],
  ['"{one}" and "{other}" are different fields', '"{one}", "{other}" 필드는 서로 다른 필드입니다.'],
  ['they have differing arguments', '인수가 서로 다릅니다.'],
  [
    'they return conflicting types "{one}" and "{other}"',
    '서로 맞지 않는 타입을 반환합니다: "{one}", "{other}"',
  ],
  ['subfields "{field}" conflict because {detail}', '하위 필드 "{field}"에서 충돌이 발생했습니다.'],
  ['Unknown argument "{name}" on field "{field}".', '"{field}" 필드에 "{name}" 인수가 없습니다.'],
  [
    'Unknown argument "{name}" on directive "{directive}".',
    '"{directive}" 디렉티브에 "{name}" 인수가 없습니다.',
  ],
  ['There can be only one argument named "{name}".', '같은 이름의 인수는 하나만 있을 수 있습니다: "{name}"'],
  [
    'Field "{field}" argument "{name}" of type "{type}" is required, but it was not provided.',
    '"{field}" 필드에 필요한 "{type}" 타입의 "{name}" 인수가 없습니다.',
  ],
  [
    'Directive "{directive}" argument "{name}" of type "{type}" is required, but it was not provided.',
    '"{directive}" 디렉티브에 필요한 "{type}" 타입의 "{name}" 인수가 없습니다.',
  ],
  ['Unknown directive "{directive}".', '존재하지 않는 디렉티브입니다: "{directive}"'],
  [
    'Directive "{directive}" may not be used on {location}.',
    '"{directive}" 디렉티브를 쓸 수 없는 위치입니다: {location}',
  ],
  [
    'The directive "{directive}" can only be used once at this location.',
    '"{directive}" 디렉티브는 이 위치에 한 번만 쓸 수 있습니다.',
  ],
  ['Maximum introspection depth exceeded', '스키마 조회가 너무 깊게 중첩되어 있습니다.'],

  // Validation: variables.
  ['There can be only one variable named "{name}".', '같은 이름의 변수는 하나만 있을 수 있습니다: "{name}"'],
  [
    'Variable "{name}" cannot be non-input type "{type}".',
    '"{name}" 변수에는 입력 타입만 쓸 수 있습니다: "{type}"',
  ],
  [
    'Variable "{name}" is not defined by operation "{operation}".',
    '"{operation}" 오퍼레이션에 정의되지 않은 변수입니다: "{name}"',
  ],
  ['Variable "{name}" is not defined.', '정의되지 않은 변수입니다: "{name}"'],
  [
    'Variable "{name}" is never used in operation "{operation}".',
    '"{operation}" 오퍼레이션에서 사용하지 않는 변수가 있습니다: "{name}"',
  ],
  ['Variable "{name}" is never used.', '사용하지 않는 변수가 있습니다: "{name}"'],
  [
    'Variable "{name}" of type "{type}" used in position expecting type "{wanted}".',
    '"{wanted}" 타입이 필요한 자리에 "{type}" 타입의 변수를 썼습니다: "{name}"',
  ],
  [
    'Variable "{name}" is of type "{type}" but must be non-nullable to be used for OneOf Input Object "{input}".',
    '"{input}" 입력에 쓰는 변수는 null이 될 수 없는 타입이어야 합니다: "{name}" ("{type}")',
  ],
  [
    'Variable "{name}" expected value of type "{type}" which cannot be used as an input type.',
    '입력에 쓸 수 없는 타입의 변수입니다: "{name}" ("{type}")',
  ],
  [
    'Variable "{name}" of required type "{type}" was not provided.',
    '필요한 "{type}" 타입의 변수가 없습니다: "{name}"',
  ],
  [
    'Variable "{name}" of non-null type "{type}" must not be null.',
    '"{type}" 타입의 변수는 null이 될 수 없습니다: "{name}"',
  ],
  ['Variable "{place}" got an invalid value; {reason}', '"{place}" 변수의 값이 올바르지 않습니다. {reason}'],

  // Values of arguments, variables and input fields.
  [
    'Argument "{name}" of required type "{type}" was provided the variable "{variable}" which was not provided a runtime value.',
    '필요한 "{type}" 타입의 "{name}" 인수에 쓴 변수의 값이 없습니다: "{variable}"',
  ],
  [
    'Argument "{name}" of required type "{type}" was not provided.',
    '필요한 "{type}" 타입의 "{name}" 인수가 없습니다.',
  ],
  [
    'Argument "{name}" of non-null type "{type}" must not be null.',
    '"{type}" 타입의 "{name}" 인수는 null이 될 수 없습니다.',
  ],
  ['Argument "{name}" has invalid value {value}.', '"{name}" 인수의 값이 올바르지 않습니다: {value}'],
  [
    'Expected value of type "{type}", found {value}; {reason}',
    '"{type}" 타입의 값이 필요합니다. 받은 값: {value}. {reason}',
  ],
  ['Expected value of type "{type}", found {value}.', '"{type}" 타입의 값이 필요합니다. 받은 값: {value}'],
  ['Expected non-nullable type "{type}" not to be null.', '"{type}" 타입의 값은 null이 될 수 없습니다.'],
  ['Expected type "{type}" to be an object.', '"{type}" 타입의 값은 객체여야 합니다.'],
  ['Expected type "{type}". {reason}', '"{type}" 타입의 값이 필요합니다. {reason}'],
  ['Expected type "{type}".', '"{type}" 타입의 값이 필요합니다.'],
  [
    'Field "{field}" of required type "{type}" was not provided.',
    '필요한 "{type}" 타입의 "{field}" 필드가 없습니다.',
  ],
  ['Field "{field}" is not defined by type "{type}".', '"{type}" 타입에 "{field}" 필드가 없습니다.'],
  [
    'There can be only one input field named "{field}".',
    '같은 이름의 입력 필드는 하나만 있을 수 있습니다: "{field}"',
  ],
  [
    'OneOf Input Object "{type}" must specify exactly one key.',
    '"{type}" 입력에는 필드를 정확히 하나만 지정해야 합니다.',
  ],
  [
    'Exactly one key must be specified for OneOf type "{type}".',
    '"{type}" 입력에는 필드를 정확히 하나만 지정해야 합니다.',
  ],
  ['Field "{field}" must be non-null.', '"{field}" 필드는 null이 될 수 없습니다.'],
  ['Int cannot represent non-integer value: {value}', '정수가 아닙니다: {value}'],
  [
    'Int cannot represent non 32-bit signed integer value: {value}',
    '32비트 정수의 범위를 벗어납니다: {value}',
  ],
  ['Float cannot represent non numeric value: {value}', '숫자가 아닙니다: {value}'],
  ['String cannot represent a non string value: {value}', '문자열이 아닙니다: {value}'],
  ['Boolean cannot represent a non boolean value: {value}', 'true나 false가 아닙니다: {value}'],
  ['ID cannot represent a non-string and non-integer value: {value}', '문자열도 정수도 아닙니다: {value}'],
  ['ID cannot represent value: {value}', '문자열도 정수도 아닙니다: {value}'],
  ['Enum "{type}" cannot represent non-string value: {value}.', '"{type}" 열거형의 값이 아닙니다: {value}'],
  ['Enum "{type}" cannot represent non-enum value: {value}.', '"{type}" 열거형의 값이 아닙니다: {value}'],
  ['Value "{value}" does not exist in "{type}" enum.', '"{type}" 열거형의 값이 아닙니다: "{value}"'],
  ['DateTime cannot represent non string or Date type {value}', '시각을 나타내는 문자열이 아닙니다: {value}'],
  ['Value is not string: {value}', '문자열이 아닙니다: {value}'],
  ['Can only validate strings as UUIDs but got a: {kind}', 'UUID를 나타내는 문자열이 아닙니다: {kind}'],

  // The request.
  [
    'Must provide operation name if query contains multiple operations.',
    '오퍼레이션이 둘 이상이면 실행할 오퍼레이션의 이름을 지정해야 합니다.',
  ],
  ['Unknown operation named "{name}".', '존재하지 않는 오퍼레이션입니다: "{name}"'],
  ['Must provide an operation.', '실행할 오퍼레이션이 없습니다.'],
  ['Schema is not configured to execute {kind} operation.', '지원하지 않는 종류의 오퍼레이션입니다: {kind}'],
  ['Could not determine what operation to execute.', '실행할 오퍼레이션을 알 수 없습니다.'],
  [
    'Can only perform a mutation operation from a POST request.',
    '뮤테이션은 POST 요청으로만 실행할 수 있습니다.',
  ],
  ['GraphQL only supports GET and POST requests.', 'GET과 POST 요청만 사용할 수 있습니다.'],
  ['Invalid "params" in the request body', '요청 본문의 매개변수가 올바르지 않습니다.'],
  [
    'Unexpected parameter "{name}" in the request body.',
    '요청 본문에 알 수 없는 매개변수가 있습니다: "{name}"',
  ],
  ['Expected params to be an object but given {kind}.', '요청의 매개변수는 객체여야 합니다: {kind}'],
  ['Must provide query string.', '"query"에 쿼리를 보내야 합니다.'],
  ['Expected "query" param to be a string, but given {kind}.', '"query"의 값은 문자열이어야 합니다: {kind}'],
  [
    'Expected "variables" param to be empty or an object, but given {kind}.',
    '"variables"의 값은 객체여야 합니다: {kind}',
  ],
  [
    'Expected "extensions" param to be empty or an object, but given {kind}.',
    '"extensions"의 값은 객체여야 합니다: {kind}',
  ],
  ['Batching is not supported.', '여러 요청을 한꺼번에 보낼 수 없습니다.'],
];
