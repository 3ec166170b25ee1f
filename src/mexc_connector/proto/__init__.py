"""The exchange's protobuf wire: schema, generated classes and the decoder to our models."""
