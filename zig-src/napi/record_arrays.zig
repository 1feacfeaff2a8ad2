//! Arrays of records, as JavaScript says where they are.

const values = @import("values.zig");
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

pub const RecordArray = @import("../record_array.zig").RecordArray;

/// The array that an object describes (`GatherArray` of the binding), checked against the size of its region.
pub fn read(call: *Call, value: Value, region_size: u64) Error!RecordArray {
    const array: RecordArray = .{
        .offset = try call.integerOf(try call.property(value, "arrayOffset"), "arrayOffset"),
        .index_offset = try call.integerOf(try call.property(value, "arrayIndexOffset"), "arrayIndexOffset"),
        .count = try call.integerOf(try call.property(value, "arrayCount"), "arrayCount"),
        .end = try call.integerOf(try call.property(value, "arrayEnd"), "arrayEnd"),
    };
    if (array.end > region_size or array.offset > array.end) {
        return call.fault.corrupt(array.offset, "an array does not fit into the region");
    }
    if (array.index_offset > region_size or array.count > (region_size - array.index_offset) / @sizeOf(u64)) {
        return call.fault.corrupt(array.index_offset, "the index of an array does not fit into the region");
    }
    return array;
}
