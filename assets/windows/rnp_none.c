/* SPDX-License-Identifier: MIT */
/*
 * rnp_none: stands in for librnp, which is not built for Windows yet: every function fails, so nothing is ever found
 * to be signed, and what would have to be verified ends with an error. Arguments are not looked at.
 */
#define NOT_IMPLEMENTED 0x10000003u /* RNP_ERROR_NOT_IMPLEMENTED */
#define FAILS(name)                                                                                                    \
	unsigned name(void);                                                                                           \
	unsigned name(void)                                                                                            \
	{                                                                                                              \
		return NOT_IMPLEMENTED;                                                                                \
	}

FAILS(rnp_buffer_destroy)
FAILS(rnp_dump_packets_to_json)
FAILS(rnp_ffi_create)
FAILS(rnp_ffi_destroy)
FAILS(rnp_import_keys)
FAILS(rnp_input_destroy)
FAILS(rnp_input_from_memory)
FAILS(rnp_key_get_creation)
FAILS(rnp_key_get_expiration)
FAILS(rnp_key_get_fprint)
FAILS(rnp_key_get_primary_fprint)
FAILS(rnp_key_handle_destroy)
FAILS(rnp_key_is_primary)
FAILS(rnp_key_is_revoked)
FAILS(rnp_key_is_valid)
FAILS(rnp_locate_key)
FAILS(rnp_op_verify_create)
FAILS(rnp_op_verify_destroy)
FAILS(rnp_op_verify_execute)
FAILS(rnp_op_verify_get_signature_at)
FAILS(rnp_op_verify_get_signature_count)
FAILS(rnp_op_verify_signature_get_handle)
FAILS(rnp_op_verify_signature_get_hash)
FAILS(rnp_op_verify_signature_get_key)
FAILS(rnp_op_verify_signature_get_status)
FAILS(rnp_op_verify_signature_get_times)
FAILS(rnp_output_destroy)
FAILS(rnp_output_memory_get_buf)
FAILS(rnp_output_to_memory)
FAILS(rnp_set_timestamp)
FAILS(rnp_signature_get_keyid)
FAILS(rnp_signature_handle_destroy)
