"""Every rule about money: the ledger, wallets, the meter, and the gateways to payment providers."""
