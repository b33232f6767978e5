-- What is known of a message and of what became of it: the layouts are those of
-- layout.go.

local private = ...

private.ffi.cdef[[
typedef struct {
  uint32_t data, data_size, key, key_size, attributes, attribute_count;
  double timestamp;
} gopiper_message;
typedef struct { uint32_t name, name_size, value, value_size; } gopiper_attribute;
typedef struct {
  uint8_t outcome, changed;
  uint16_t unused;
  int32_t status;
  uint32_t text, text_size, stack, stack_size, data, data_size, key, key_size;
  uint32_t attributes, attribute_count, parts, part_count;
  double timestamp;
} gopiper_result;
]]

local typeof = private.ffi.typeof

return {
  messages = typeof("const gopiper_message *"), attributes = typeof("const gopiper_attribute *"),
  results = typeof("gopiper_result *"),
}
