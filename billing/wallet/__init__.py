"""What a person does with a wallet: top it up, take that back, and set limits for spending."""
