/* SPDX-License-Identifier: MIT */
/* debwiz: a working Debian machine in QEMU. Starts the face that was asked for. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
